const maxCharacters = 1000;
const lastCharacters = 200;

/** A message that may repeat what was sent, be it a megabyte long: its beginning and its end, where it says what is wrong. */
export function shortened(message: string): string {
  if (message.length <= maxCharacters) return message;
  return `${message.slice(0, maxCharacters - lastCharacters)}…${message.slice(-lastCharacters)}`;
}
