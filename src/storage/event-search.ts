import type { Query } from './database.js';
import { lowestUuidAt } from './typeid.js';

const dayMs = 86_400_000;

/**
 * The search indexes as one workspace has them. The wall of row-level security would keep PostgreSQL from using them, since ILIKE is not
 * leakproof: so they are asked past it, by the tables of days, and give ids alone, with which rows are then read through the wall.
 */
export interface EventSearch {
  /** The days that have events, oldest first. */
  days(): Promise<TextDay[]>;
  /** The events of these tables whose payload is like an ILIKE pattern, in no order and at most so many. */
  find(tables: readonly string[], pattern: string, most: number): Promise<string[]>;
}

/** `server` sees every workspace. */
export function createEventSearch(server: Query, workspaceId: string): EventSearch {
  return {
    days: () => textDays(server),
    find: (tables, pattern, most) => findByIndex(server, tables, [workspaceId, pattern], most),
  };
}

/** A day whose events are there, and how their texts are read. */
export interface TextDay {
  /** Its events have ids from `lowest` on, and below `end`. */
  readonly lowest: string;
  readonly end: string;
  /** The table whose search index is ready; undefined: every text is to be read. */
  readonly indexed: string | undefined;
}

/** The days that have events, oldest first. */
async function textDays(server: Query): Promise<TextDay[]> {
  const rows = await server<{ name: string; indexed: boolean }>(findDays, []);
  return rows.map(({ name, indexed }) => {
    const startMs = Date.parse(name.replace(/^event_(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3'));
    return {
      lowest: lowestUuidAt(startMs),
      end: lowestUuidAt(startMs + dayMs),
      indexed: indexed ? name : undefined,
    };
  });
}

const findDays = {
  name: 'text-days',
  text: `SELECT c.relname AS name, coalesce(x.indisvalid, false) AS indexed
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    LEFT JOIN pg_index x ON x.indexrelid = to_regclass(quote_ident(c.relname || '_search'))
    WHERE i.inhparent = 'event'::regclass AND NOT i.inhdetachpending ORDER BY 1`,
};

async function findByIndex(
  server: Query,
  tables: readonly string[],
  [workspaceId, pattern]: readonly [string, string],
  most: number,
): Promise<string[]> {
  const parts = tables.map((table) => `SELECT id FROM ${table} WHERE workspace_id = $1 AND payload ILIKE $2`);
  try {
    const rows = await server<{ id: string }>(
      { text: `SELECT id FROM (${parts.join(' UNION ALL ')}) found LIMIT ${most}` },
      [workspaceId, pattern],
    );
    return rows.map(({ id }) => id);
  } catch (error) {
    // A day may go at any time; then it has no events any more.
    if ((error as { code?: string }).code !== undefinedTable) throw error;
    if (tables.length === 1) return [];
    const each = await Promise.all(
      tables.map((table) => findByIndex(server, [table], [workspaceId, pattern], most)),
    );
    return each.flat().slice(0, most);
  }
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const undefinedTable = '42P01';
