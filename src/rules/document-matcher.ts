import { GoneThrough } from './gone-through.js';
import { isEqual, textOf } from './literal-equality.js';

type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a document meets the conditions of a filter. */
export type DocumentTest = (document: object) => boolean;

/** Whether a value meets a condition; undefined stands for one that is not there. */
type Test = (value: unknown) => boolean;

/** Whether anything that a field leads to passes a test: a list as a whole and, if asked for, each of its elements. */
type Look = (test: Test, withElements: boolean) => boolean;

/** What a filter says of one field. */
type Condition = (look: Look) => boolean;

/**
 * Makes the test that a filter is, which fits what MongoDB would find by it. In one thing it is more lenient: the order of an object's
 * fields does not matter. Throws on an operator that it does not have.
 */
export function compileFilter(filter: JsonObject): DocumentTest {
  const tests = Object.entries(filter).map(([key, value]) =>
    key.startsWith('$') ? branchTest(key, value) : fieldTest(key, value),
  );
  return (document) => tests.every((test) => test(document));
}

function branchTest(operator: string, branches: unknown): DocumentTest {
  if (!Array.isArray(branches)) throw unknownOperator(operator);
  const tests = branches.map(compileFilter);
  if (operator === '$and') return (document) => tests.every((test) => test(document));
  if (operator === '$or') return (document) => tests.some((test) => test(document));
  if (operator === '$nor') return (document) => !tests.some((test) => test(document));
  throw unknownOperator(operator);
}

function fieldTest(path: string, value: unknown): DocumentTest {
  const parts = path.split('.');
  // A few such parts cost less than to note each list.
  const isManifold = parts.filter((part) => /^\d+$/.test(part)).length > 8;
  const fits = isObject(value) && hasOperators(value) ? allOf(value) : equals(value);
  return (document) =>
    fits((test, withElements) => {
      const gone = isManifold ? new GoneThrough() : undefined;
      return anyAt(document, { parts, test, withElements, gone }, 0);
    });
}

function allOf(operators: JsonObject): Condition {
  const conditions = Object.entries(operators).map(([operator, operand]) => condition(operator, operand));
  return (look) => conditions.every((fits) => fits(look));
}

function condition(operator: string, operand: unknown): Condition {
  switch (operator) {
    case '$eq':
      return equals(operand);
    case '$ne':
      return not(equals(operand));
    case '$in':
      return isOneOf(operand as unknown[]);
    case '$nin':
      return not(isOneOf(operand as unknown[]));
    case '$exists':
      return operand ? exists : not(exists);
    case '$type':
      return hasType([operand].flat() as string[]);
    case '$size':
      return (look) => look((value) => Array.isArray(value) && value.length === operand, false);
    case '$all':
      return hasAll(operand as unknown[]);
    case '$elemMatch':
      return hasElement(operand as JsonObject);
    case '$not':
      return not(allOf(operand as JsonObject));
    default:
      return compares(operator, operand as number | string);
  }
}

const exists: Condition = (look) => look((value) => value !== undefined, true);

function not(fits: Condition): Condition {
  return (look) => !fits(look);
}

function equals(literal: unknown): Condition {
  return (look) => look((value) => isEqual(value, literal), true);
}

function isOneOf(literals: readonly unknown[]): Condition {
  const scalars = new Set(literals.filter((literal) => typeof literal !== 'object'));
  // There may be a thousand of them, and a hundred thousand values to compare with each.
  const objects = new Set(
    literals.filter((literal) => typeof literal === 'object').map((one) => textOf(one)),
  );
  const test: Test = (value) =>
    scalars.has(value) ||
    ((value === undefined || typeof value === 'object') && objects.has(textOf(value ?? null)));
  return (look) => look(objects.size > 0 ? test : (value) => scalars.has(value), true);
}

function hasAll(literals: readonly unknown[]): Condition {
  const conditions = literals.map((literal) =>
    isObject(literal) && hasOperators(literal) ? allOf(literal) : equals(literal),
  );
  // Of nothing, MongoDB finds nothing.
  return (look) => conditions.length > 0 && conditions.every((fits) => fits(look));
}

function hasElement(wanted: JsonObject): Condition {
  const element = elementTest(wanted);
  return (look) => look((value) => Array.isArray(value) && value.some(element), false);
}

/** Operators are asked of the element itself; fields, of one that has any. */
function elementTest(wanted: JsonObject): Test {
  if (hasOperators(wanted)) {
    const fits = allOf(wanted);
    return (element) => fits((test) => test(element));
  }
  const fits = compileFilter(wanted);
  return (element) => typeof element === 'object' && element !== null && fits(element);
}

/** Of the operand's own kind only: no number is more than a string. */
function compares(operator: string, operand: number | string): Condition {
  const holds = comparison(operator, operand);
  return (look) => look((value) => typeof value === typeof operand && holds(value as typeof operand), true);
}

function comparison(operator: string, operand: number | string): (value: number | string) => boolean {
  switch (operator) {
    case '$gt':
      return (value) => value > operand;
    case '$gte':
      return (value) => value >= operand;
    case '$lt':
      return (value) => value < operand;
    case '$lte':
      return (value) => value <= operand;
    default:
      throw unknownOperator(operator);
  }
}

const types: Readonly<Record<string, Test>> = {
  array: Array.isArray,
  bool: (value) => typeof value === 'boolean',
  double: (value) => typeof value === 'number',
  // JSON has one kind of number: a whole one of any size is either.
  int: Number.isInteger,
  long: Number.isInteger,
  null: (value) => value === null,
  number: (value) => typeof value === 'number',
  object: isObject,
  string: (value) => typeof value === 'string',
};

function hasType(names: readonly string[]): Condition {
  return (look) => look((value) => names.some((name) => types[name]?.(value)), true);
}

interface Search {
  readonly parts: readonly string[];
  readonly test: Test;
  readonly withElements: boolean;
  readonly gone: GoneThrough | undefined;
}

/** Whether anything that the path from `index` on leads to in an object passes. */
function anyAt(object: object, search: Search, index: number): boolean {
  const { parts, test } = search;
  const value = ownValue(object, parts[index] as string);
  if (Array.isArray(value)) return anyIn(value, search, index + 1);
  if (index === parts.length - 1) return test(value);
  return isObject(value) ? anyAt(value, search, index + 1) : test(undefined);
}

/** The same in a list: the path goes on in each object of it, and at the place that the next part may name. */
function anyIn(list: readonly unknown[], search: Search, index: number): boolean {
  const { parts, test, withElements } = search;
  if (index === parts.length) return (withElements && list.some(test)) || test(list);
  if (search.gone?.isRepeated(list, index)) return false;
  return list.some(
    (element, place) =>
      (isObject(element) && anyAt(element, search, index)) ||
      (parts[index] === String(place) && anyBehind(element, search, index + 1)),
  );
}

/** The same in an element that the path names by its place. */
function anyBehind(element: unknown, search: Search, index: number): boolean {
  if (index === search.parts.length) return search.test(element);
  if (Array.isArray(element)) return anyIn(element, search, index);
  return isObject(element) && anyAt(element, search, index);
}

function ownValue(object: object, key: string): unknown {
  const isKey = Object.hasOwn(object, key) && !(Array.isArray(object) && key === 'length');
  return isKey ? (object as JsonObject)[key] : undefined;
}

function hasOperators(value: JsonObject): boolean {
  return Object.keys(value).some((key) => key.startsWith('$') && !logical.has(key));
}

const logical = new Set(['$and', '$or', '$nor']);

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknownOperator(operator: string): Error {
  return new Error(`no operator ${operator}`);
}
