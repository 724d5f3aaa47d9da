const namePattern = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+$/;
const groupPattern = /^[A-Za-z0-9_-]+\.\*$/;

// The longest event type name or pattern, in characters.
const maxEventTypeLength = 255;

/** Says whether a text can name an event type: letters, digits, _ and -, in two or more parts with dots between. */
export function isEventTypeName(text: string): boolean {
  return text.length <= maxEventTypeLength && namePattern.test(text);
}

/** Says whether a subscription can ask for a text: an event type's name, a group (`invoice.*`), or `*` for all. */
export function isEventTypePattern(text: string): boolean {
  return (
    text === '*' || isEventTypeName(text) || (text.length <= maxEventTypeLength && groupPattern.test(text))
  );
}

/** Gives an event type's group, the part of its name before the first dot. */
export function groupOf(name: string): string {
  const dot = name.indexOf('.');
  return dot === -1 ? name : name.slice(0, dot);
}

/** Gives every pattern that an event type matches: `*`, its group and itself. */
export function patternsMatching(name: string): string[] {
  return ['*', `${groupOf(name)}.*`, name];
}
