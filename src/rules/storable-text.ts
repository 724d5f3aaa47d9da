/** Whether PostgreSQL keeps a text as it is: its text holds neither U+0000 nor half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** What a text that is not storable holds, for a person. */
export const unstorable = 'U+0000 or half of a surrogate pair';
