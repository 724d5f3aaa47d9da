type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Whether a value is what a filter has as a literal. It goes as deep as the literal and no deeper: a payload may be nested deeper than
 * the stack. null stands for what is not there, too.
 */
export function isEqual(value: unknown, literal: unknown): boolean {
  if (literal === null) return value === null || value === undefined;
  if (typeof literal !== 'object') return value === literal;
  if (typeof value !== 'object' || value === null || Array.isArray(value) !== Array.isArray(literal))
    return false;
  const keys = Object.keys(literal);
  return (
    keys.length === Object.keys(value).length &&
    keys.every(
      (key) => Object.hasOwn(value, key) && isEqual((value as JsonObject)[key], (literal as JsonObject)[key]),
    )
  );
}

// Filters are nested less deeply, so what is cut off here equals none of them.
const deepest = 8;

/** A text that is the same for what is equal, and for a literal and anything else is not. */
export function textOf(value: unknown, levels = deepest): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (levels === 0) return '…';
  if (Array.isArray(value)) return `[${value.map((element) => textOf(element, levels - 1)).join()}]`;
  const fields = Object.entries(value).map(
    ([key, inner]) => `${JSON.stringify(key)}:${textOf(inner, levels - 1)}`,
  );
  return `{${fields.sort().join()}}`;
}
