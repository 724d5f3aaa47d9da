/** A LIKE pattern (SQL) for any text that holds this one. */
export function likePattern(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
}

/** The same for a payload: it is stored as JSON, so the text stands in it as JSON writes it. */
export function payloadPattern(text: string): string {
  return likePattern(JSON.stringify(text).slice(1, -1));
}
