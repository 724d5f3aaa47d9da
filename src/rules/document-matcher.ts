import { anyAt, anyOf, isObject, type ValueTest } from './document-path.js';
import { isEqual, payForText, textOf } from './literal-equality.js';
import { pay } from './step-budget.js';

type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a document meets the conditions of a filter. */
export type DocumentTest = (document: object) => boolean;

/** Whether anything that a field leads to passes a test: a list as a whole and, if asked for, each of its elements. */
type Look = (test: ValueTest, withElements: boolean) => boolean;

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
  return (document) => {
    // One without conditions is asked, too, and a list may have a hundred of them.
    pay(Math.max(tests.length, 1));
    return tests.every((test) => test(document));
  };
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
  const fits = isObject(value) && hasOperators(value) ? allOf(value) : equals(value);
  return (document) => fits((test, withElements) => anyAt(document, { parts, test, withElements }));
}

function allOf(operators: JsonObject): Condition {
  const conditions = Object.entries(operators).map(([operator, operand]) => condition(operator, operand));
  return (look) => {
    pay(conditions.length);
    return conditions.every((fits) => fits(look));
  };
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
  // There may be a thousand of them, and a hundred thousand values to compare with each. They are looked up by texts, since a number's
  // place in a Set can be foreseen: a thousand can be chosen that all have the same.
  const texts = new Set(literals.map((literal) => textOf(literal)));
  return (look) => look((value) => texts.has(textOf(value)), true);
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
  return (look) => look((value) => Array.isArray(value) && anyOf(value, element), false);
}

/** Operators are asked of the element itself; fields, of one that has any. */
function elementTest(wanted: JsonObject): ValueTest {
  if (hasOperators(wanted)) {
    const fits = allOf(wanted);
    return (element) => {
      // For the functions that are made for each.
      pay(3);
      return fits((test) => test(element));
    };
  }
  const fits = compileFilter(wanted);
  return (element) => typeof element === 'object' && element !== null && fits(element);
}

/** Of the operand's own kind only: no number is more than a string. */
function compares(operator: string, operand: number | string): Condition {
  const holds = comparison(operator, operand);
  const test: ValueTest = (value) => {
    payForText(operand);
    return typeof value === typeof operand && holds(value as typeof operand);
  };
  return (look) => look(test, true);
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

const types: Readonly<Record<string, ValueTest>> = {
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
  const tests = [...new Set(names)].flatMap((name) => types[name] ?? []);
  const test: ValueTest = (value) => {
    pay(tests.length);
    return tests.some((isOfType) => isOfType(value));
  };
  return (look) => look(test, true);
}

function hasOperators(value: JsonObject): boolean {
  return Object.keys(value).some((key) => key.startsWith('$') && !logical.has(key));
}

const logical = new Set(['$and', '$or', '$nor']);

function unknownOperator(operator: string): Error {
  return new Error(`no operator ${operator}`);
}
