/** A LIKE pattern (SQL) for any text that holds this one. */
export function likePattern(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
}
