import { GraphQLError } from 'graphql';
import { ArgsType, type ClassType, Field, Int, ObjectType } from 'type-graphql';
import { zeroUuid } from '../storage/typeid.js';

/** How many entries a page has unless it is told. */
export const defaultPageSize = 50;

/** How many entries a page can have. */
export const maxPageSize = 250;

/** The arguments of a list that is read from its start only. */
@ArgsType()
export class ForwardArgs {
  @Field(() => Int, {
    nullable: true,
    description: 'How many of the next entries: 50 unless told, 250 at most, 0 for an empty page.',
  })
  first?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Only entries behind this cursor, an endCursor of the page before.',
  })
  after?: string | null;
}

/** The arguments of a list that is read from either end. */
@ArgsType()
export class ConnectionArgs extends ForwardArgs {
  @Field(() => Int, {
    nullable: true,
    description: 'How many of the last entries instead of the first: 250 at most. Not together with first.',
  })
  last?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Only entries in front of this cursor, a startCursor of the page behind.',
  })
  before?: string | null;
}

/** Where a page stands and whether there is more (Relay cursor connections). */
@ObjectType({ description: 'Where a page stands in its list, and whether there is more on either side.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether there are entries behind this page.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether there are entries in front of this page.' })
  hasPreviousPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: "The first entry's cursor, for before; null on an empty page.",
  })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The last entry's cursor, for after; null on an empty page.",
  })
  endCursor!: string | null;
}

/** Anything a list holds: `uuid` is its place in the order. */
interface Entry {
  readonly uuid: string;
}

/** A page as read: its entries in the order of the list, and the asked-for ends. */
export interface Page<T extends Entry> {
  readonly entries: readonly T[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  /** The list's name and workspace, which its cursors are bound to. */
  readonly scope: string;
}

/** What is to be read for a page: `limit` entries, one more than the page holds, walking `backwards` from the far end or not. */
export interface PageRequest {
  readonly size: number;
  readonly backwards: boolean;
  readonly afterUuid: string | undefined;
  readonly beforeUuid: string | undefined;
  readonly scope: string;
}

/** Checks paging arguments; anything off is BAD_USER_INPUT. `scope` binds cursors to one list of one workspace. */
export function pageRequest(args: ConnectionArgs, scope: string): PageRequest {
  const { first, last, after, before } = args;
  if (typeof first === 'number' && typeof last === 'number') throw badInput('Give first or last, not both.');
  for (const [name, size] of [
    ['first', first],
    ['last', last],
  ] as const) {
    if (typeof size === 'number' && (size < 0 || size > maxPageSize)) {
      throw badInput(`${name} is ${size}; a page holds 0 to ${maxPageSize} entries.`);
    }
  }
  return {
    size: last ?? first ?? defaultPageSize,
    backwards: typeof last === 'number',
    afterUuid: typeof after === 'string' ? readCursor(after, scope, 'after') : undefined,
    beforeUuid: typeof before === 'string' ? readCursor(before, scope, 'before') : undefined,
    scope,
  };
}

/**
 * Makes a page of what was read: `rows` are at most size + 1, in the order they were walked, so from the end where the page
 * was asked for backwards.
 */
export function pageOf<T extends Entry>(request: PageRequest, rows: readonly T[]): Page<T> {
  const more = rows.length > request.size;
  const kept = rows.slice(0, request.size);
  if (request.backwards) kept.reverse();
  return {
    entries: kept,
    hasNextPage: request.backwards ? request.beforeUuid !== undefined : more,
    hasPreviousPage: request.backwards ? more : request.afterUuid !== undefined,
    scope: request.scope,
  };
}

/** The GraphQL shape of a page. */
export function toConnection<T extends Entry>(page: Page<T>) {
  const edges = page.entries.map((node) => ({ node, cursor: writeCursor(node.uuid, page.scope) }));
  return {
    edges,
    nodes: page.entries as T[],
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** The edge type of a list of `node`. */
export function edgeType<T extends object>(node: ClassType<T>, name: string) {
  @ObjectType(`${name}Edge`, { description: `A ${name} at its place in a list.` })
  class Edge {
    @Field(() => String, { description: 'Where this entry stands: for after and before.' })
    cursor!: string;

    @Field(() => node, { description: 'The entry itself.' })
    node!: T;
  }
  return Edge;
}

/** The connection type of a list of `node`; subclass it to give it its name. */
export function connectionType<T extends object>(
  node: ClassType<T>,
  edge: ClassType<{ cursor: string; node: T }>,
) {
  @ObjectType({ description: 'A page of a list.' })
  abstract class Connection {
    @Field(() => [edge], { description: 'The entries with their cursors, in the order of the list.' })
    edges!: { cursor: string; node: T }[];

    @Field(() => [node], { description: 'The entries alone, in the order of the list.' })
    nodes!: T[];

    @Field(() => PageInfo, { description: 'Whether there is more, and the cursors to get it with.' })
    pageInfo!: PageInfo;
  }
  return Connection;
}

/** A fault of the caller's that no payload has a place for. */
export function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}

function writeCursor(uuid: string, scope: string): string {
  return Buffer.from(`${scope} ${uuid}`).toString('base64url');
}

function readCursor(cursor: string, scope: string, argument: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  const uuid = text.slice(scope.length + 1);
  const ours =
    text.startsWith(`${scope} `) && uuid.length === zeroUuid.length && /^[0-9a-f-]{36}$/.test(uuid);
  if (!ours || writeCursor(uuid, scope) !== cursor) {
    throw badInput(`${argument} is no cursor of this list; take one from its pageInfo or edges.`);
  }
  return uuid;
}
