import { pay } from './step-budget.js';

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Whether a value is what a filter has as a literal. It goes as deep as the literal and no deeper: a payload may be nested deeper than
 * the stack. null stands for what is not there, too.
 */
export function isEqual(value: unknown, literal: unknown): boolean {
  if (literal === null) return value === null || value === undefined;
  payForText(literal);
  if (typeof literal !== 'object') return value === literal;
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(literal)) {
    return (
      Array.isArray(value) &&
      value.length === literal.length &&
      literal.every((element, index) => isEqual(value[index], element))
    );
  }
  return !Array.isArray(value) && haveEqualFields(value as JsonObject, literal as JsonObject);
}

function haveEqualFields(value: JsonObject, literal: JsonObject): boolean {
  const keys = keysOf(literal);
  return (
    keys.length === keysOf(value).length &&
    keys.every((key) => Object.hasOwn(value, key) && isEqual(value[key], literal[key]))
  );
}

// To list ten thousand keys takes longer than a filter may: that is done once, for whichever filter asks next.
const manyKeys = new WeakMap<object, readonly string[]>();

function keysOf(object: JsonObject): readonly string[] {
  const known = manyKeys.get(object);
  const keys = known ?? Object.keys(object);
  if (!known && keys.length > 100) manyKeys.set(object, keys);
  pay(8 + 8 * keys.length);
  return keys;
}

// Filters are nested less deeply, so what is cut off here equals none of them.
const deepest = 8;

/** A text that is the same for what is equal, and for a literal and anything else is not. */
export function textOf(value: unknown, levels = deepest): string {
  pay(8);
  payForText(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value ?? null);
  if (levels === 0) return '…';
  if (Array.isArray(value)) return `[${value.map((element) => textOf(element, levels - 1)).join()}]`;
  const fields = keysOf(value as JsonObject).map((key) => {
    payForText(key);
    return `${JSON.stringify(key)}:${textOf((value as JsonObject)[key], levels - 1)}`;
  });
  return `{${fields.sort().join()}}`;
}

/** What a long text costs to go through. */
export function payForText(value: unknown): void {
  pay(typeof value === 'string' ? 1 + value.length / 8 : 1);
}
