import { pay } from './step-budget.js';

/** Whether a value meets a condition; undefined stands for one that is not there. */
export type ValueTest = (value: unknown) => boolean;

/** What is looked for in a document. */
export interface Search {
  readonly parts: readonly string[];
  readonly test: ValueTest;
  /** Whether the elements of a list that the path leads to are tested like the list as a whole. */
  readonly withElements: boolean;
}

/** How many parts a filter's path has at most: payloads are not nested like that, and it is gone down part by part. */
export const maxPathParts = 100;

/** All values that an equality compares with: what a filter's path leads to in a document, and the elements of a list. */
export function valuesAt(document: object, path: string): unknown[] {
  const values: unknown[] = [];
  const test: ValueTest = (value) => values.push(value) === 0;
  anyAt(document, { parts: path.split('.'), test, withElements: true });
  return values;
}

/** Whether anything that the path, from the part `index` on, leads to in an object passes. */
export function anyAt(object: object, search: Search, index = 0): boolean {
  stepInto(index);
  const { parts, test } = search;
  const value = ownValue(object, parts[index] as string);
  if (Array.isArray(value)) return anyIn(value, search, index + 1);
  if (index === parts.length - 1) return test(value);
  return isObject(value) ? anyAt(value, search, index + 1) : test(undefined);
}

/** The same in a list: the path goes on in each object of it, and at the place that the next part may name. */
function anyIn(list: readonly unknown[], search: Search, index: number): boolean {
  const { parts, test, withElements } = search;
  stepInto(index);
  const part = parts[index];
  if (part === undefined) return (withElements && anyOf(list, test)) || test(list);
  return (
    anyOf(list, (element) => isObject(element) && anyAt(element, search, index)) ||
    (isPlace(part, list) && anyBehind(list[Number(part)], search, index + 1))
  );
}

/** The same in an element that the path names by its place. */
function anyBehind(element: unknown, search: Search, index: number): boolean {
  if (index === search.parts.length) return search.test(element);
  if (Array.isArray(element)) return anyIn(element, search, index);
  return isObject(element) && anyAt(element, search, index);
}

/** One that goes on beyond the most is from an earlier version, which took thousands of parts: they would exhaust the stack. */
function stepInto(index: number): void {
  pay(index > maxPathParts ? Number.POSITIVE_INFINITY : 1);
}

// More digits than any list has places are not read: a part may have eight thousand, and be asked of as many lists.
function isPlace(part: string, list: readonly unknown[]): boolean {
  return /^(0|[1-9]\d{0,9})$/.test(part) && Number(part) < list.length;
}

/** Whether an element of a list passes; each takes a step. */
export function anyOf(list: readonly unknown[], test: ValueTest): boolean {
  return list.some((element) => {
    pay(1);
    return test(element);
  });
}

function ownValue(object: object, key: string): unknown {
  const isKey = Object.hasOwn(object, key) && !(Array.isArray(object) && key === 'length');
  return isKey ? (object as Readonly<Record<string, unknown>>)[key] : undefined;
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
