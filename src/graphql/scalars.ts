import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { exactNumber } from '../rules/exact-json.js';

const rfc3339 = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

// An offset leads beyond them, where no RFC 3339 goes in UTC, and PostgreSQL does not follow.
const earliest = Date.parse('0001-01-01T00:00:00.000Z');
const latest = Date.parse('9999-12-31T23:59:59.999Z');

/** `node` is where it stands in a document. */
function parseMoment(value: unknown, node?: ValueNode): Date {
  // T and Z may be small letters too.
  const text = typeof value === 'string' ? value.toUpperCase() : '';
  const time = rfc3339.test(text) ? Date.parse(text) : Number.NaN;
  // Date.parse rolls the 30th of February over into March; a moment that is not in the calendar is refused instead.
  const day = Number(text.slice(8, 10));
  const lastDay = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate();
  if (Number.isNaN(time) || day > lastDay || time < earliest || time > latest) {
    throw new GraphQLError(
      'A DateTime is an RFC 3339 date-time with an offset, for example 2026-02-25T12:00:00.000Z.',
      node && { nodes: node },
    );
  }
  return new Date(time);
}

/** RFC 3339, written in UTC with milliseconds; read with any offset. */
export const DateTimeScalar = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description:
    'A moment: RFC 3339 date-time, always written in UTC with millisecond precision, for example 2026-02-25T12:00:00.000Z; any offset is read.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  serialize: (value) => {
    if (value instanceof Date) return value.toISOString();
    throw new TypeError('a DateTime field holds no Date');
  },
  parseValue: (value) => parseMoment(value),
  parseLiteral: (node) => parseMoment(node.kind === Kind.STRING ? node.value : undefined, node),
});

/** Any JSON value; numbers keep every digit that was sent. */
export const JsonScalar = new GraphQLScalarType({
  name: 'JSON',
  description:
    'Any JSON value: object, array, string, number, boolean or null. Numbers keep every digit they were sent with.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => jsonOf(node, variables ?? {}),
});

function jsonOf(node: ValueNode, variables: Record<string, unknown>): unknown {
  switch (node.kind) {
    case Kind.INT:
    case Kind.FLOAT:
      return exactNumber(node.value);
    case Kind.STRING:
    case Kind.BOOLEAN:
      return node.value;
    case Kind.ENUM:
      throw new GraphQLError(`JSON has no name ${node.value}; a text stands in quotes.`, { nodes: node });
    case Kind.NULL:
      return null;
    case Kind.VARIABLE:
      return variables[node.name.value];
    case Kind.LIST:
      return node.values.map((value) => jsonOf(value, variables));
    case Kind.OBJECT: {
      const entries = node.fields.map((field) => [field.name.value, jsonOf(field.value, variables)] as const);
      return Object.fromEntries(entries);
    }
  }
}
