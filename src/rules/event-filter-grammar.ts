import { isObject, maxPathParts } from './document-path.js';

type JsonObject = Readonly<Record<string, unknown>>;

/** Where a value stands in a filter: `$or[1].amount`; empty for the filter itself. */
type Path = string;

// Each condition can cost one walk over a large payload, and each of $all's values one over a large list in it.
const maxConditions = 100;

const typeNames = ['array', 'bool', 'double', 'int', 'long', 'null', 'number', 'object', 'string'];
const logicalOperators = new Set(['$and', '$or', '$nor']);

/** What an operator that stands below a field takes: a check that gives its faults. */
const fieldOperators: Readonly<Record<string, (value: unknown, path: Path) => string[]>> = {
  $eq: faultsOfLiteral,
  $ne: faultsOfLiteral,
  $gt: faultsOfOrdered,
  $gte: faultsOfOrdered,
  $lt: faultsOfOrdered,
  $lte: faultsOfOrdered,
  $in: faultsOfList,
  $nin: faultsOfList,
  $all: faultsOfAll,
  $exists: (value, path) => (typeof value === 'boolean' ? [] : [`${at(path)} must be true or false.`]),
  $size: (value, path) =>
    Number.isSafeInteger(value) && Number(value) >= 0 ? [] : [`${at(path)} must be a whole number from 0.`],
  $type: (value, path) => {
    const names = Array.isArray(value) && value.length > 0 ? value : [value];
    return names.every((name) => typeNames.includes(name))
      ? []
      : [`${at(path)} must be a type or a list of types out of ${typeNames.join(', ')}.`];
  },
  $elemMatch: (value, path) => {
    if (!isObject(value)) return [`${at(path)} must be an object of conditions.`];
    return hasFieldOperators(value) ? faultsOfCondition(value, path) : faultsOfCriteria(value, path);
  },
  $not: (value, path) =>
    isObject(value) && hasFieldOperators(value)
      ? faultsOfCondition(value, path)
      : [`${at(path)} must be an object of operators, as in {"$not": {"$gt": 100}}.`],
};

const operatorNames = [...Object.keys(fieldOperators), ...logicalOperators].join(', ');

/** Finds the faults of a filter, or of the part of one that stands at a path: fields, and $and, $or and $nor. */
export function faultsOfCriteria(criteria: JsonObject, path: Path = ''): string[] {
  const faults = Object.entries(criteria).flatMap(([key, value]) => {
    const inner = path === '' ? key : `${path}.${key}`;
    if (logicalOperators.has(key)) return faultsOfBranches(value, inner);
    if (key.startsWith('$')) return [misplaced(key, path)];
    const fault = faultInField(key, path);
    if (fault !== undefined) return [fault];
    return isObject(value) && Object.keys(value).some((name) => name.startsWith('$'))
      ? faultsOfCondition(value, inner)
      : faultsOfLiteral(value, inner);
  });
  const conditions = path === '' ? conditionsIn(criteria) : 0;
  if (conditions > maxConditions) {
    faults.push(`The filter has ${conditions} conditions; at most ${maxConditions} are allowed.`);
  }
  return faults;
}

function faultsOfCondition(condition: JsonObject, path: Path): string[] {
  return Object.entries(condition).flatMap(([key, value]) => {
    if (!key.startsWith('$')) return [`${at(path)} mixes operators with the field ${JSON.stringify(key)}.`];
    if (!Object.hasOwn(fieldOperators, key)) return [misplaced(key, path)];
    return fieldOperators[key]?.(value, `${path}.${key}`) ?? [];
  });
}

function faultsOfBranches(value: unknown, path: Path): string[] {
  if (!Array.isArray(value) || value.length === 0)
    return [`${at(path)} must be a list of at least one filter.`];
  return value.flatMap((branch, index) =>
    isObject(branch)
      ? faultsOfCriteria(branch, `${path}[${index}]`)
      : [`${at(`${path}[${index}]`)} must be an object.`],
  );
}

function faultsOfOrdered(value: unknown, path: Path): string[] {
  return typeof value === 'number' || typeof value === 'string'
    ? []
    : [`${at(path)} must be a number or a string.`];
}

function faultsOfList(value: unknown, path: Path): string[] {
  return Array.isArray(value) ? faultsOfLiteral(value, path) : [`${at(path)} must be a list.`];
}

function faultsOfAll(value: unknown, path: Path): string[] {
  if (!Array.isArray(value)) return [`${at(path)} must be a list.`];
  return value.flatMap((element, index) =>
    isElemMatch(element)
      ? faultsOfCondition(element, `${path}[${index}]`)
      : faultsOfLiteral(element, `${path}[${index}]`),
  );
}

/** A literal is plain JSON: an operator in it would be taken for one by some readers and for a key by others. */
function faultsOfLiteral(value: unknown, path: Path): string[] {
  if (Array.isArray(value))
    return value.flatMap((element, index) => faultsOfLiteral(element, `${path}[${index}]`));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key.startsWith('$')) {
      return [
        `${at(path)} has ${key} inside a value; write a path with dots instead, as in {"customer.age": {"$gt": 17}}.`,
      ];
    }
    return isPrototypeKey(key)
      ? [`${at(path)} has the key ${key}, which is not allowed.`]
      : faultsOfLiteral(inner, `${path}.${key}`);
  });
}

function faultInField(field: string, path: Path): string | undefined {
  const parts = field.split('.');
  if (parts.some(isPrototypeKey)) return `${at(path)} has the field ${field}, which is not allowed.`;
  if (parts.includes(''))
    return `${at(path)} has the field ${JSON.stringify(field)}, a part of which is empty.`;
  return parts.length > maxPathParts
    ? `${at(path)} has a field of ${parts.length} parts; at most ${maxPathParts} are allowed.`
    : undefined;
}

function misplaced(operator: string, path: Path): string {
  const isKnown = logicalOperators.has(operator) || Object.hasOwn(fieldOperators, operator);
  return isKnown
    ? `${at(path)} has ${operator}, which does not belong there: $and, $or and $nor stand beside fields, all others below one.`
    : `${at(path)} has ${operator}, which is not an operator here; there are ${operatorNames}.`;
}

function conditionsIn(value: unknown, key = ''): number {
  if (Array.isArray(value)) {
    const own = key === '$all' ? value.length : 0;
    return logicalOperators.has(key) || key === '$all'
      ? value.reduce((sum, inner) => sum + conditionsIn(inner), own)
      : 1;
  }
  if (!isObject(value) || Object.keys(value).length === 0) return 1;
  return Object.entries(value).reduce((sum, [name, inner]) => sum + conditionsIn(inner, name), 0);
}

function hasFieldOperators(value: JsonObject): boolean {
  return Object.keys(value).some((key) => key.startsWith('$') && !logicalOperators.has(key));
}

function isElemMatch(value: unknown): value is JsonObject {
  return isObject(value) && Object.keys(value).length === 1 && '$elemMatch' in value;
}

function isPrototypeKey(key: string): boolean {
  return key === '__proto__' || key === 'constructor' || key === 'prototype';
}

function at(path: Path): string {
  return path === '' ? 'The filter' : `The filter at ${path}`;
}
