/** A text for a terminal: control characters, which could move the cursor or pretend to be other lines, are shown as U+FFFD. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{FFFD}');
}
