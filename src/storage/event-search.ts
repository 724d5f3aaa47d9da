import { searchSlices } from './day-indexes.js';
import { endsOf } from './partitions.js';
import type { Query } from './statement.js';

const dayMs = 86_400_000;

/**
 * The search indexes as one workspace has them. The wall of row-level security would keep PostgreSQL from using them, since ILIKE is not
 * leakproof: so they are asked past it, by the tables of days, and give ids alone, with which rows are then read through the wall.
 */
export interface EventSearch {
  /** The days, or parts of days, that have events, oldest first. */
  spans(): Promise<TextSpan[]>;
  /** The events of these that fit one of the patterns, in no order and at most so many. */
  find(spans: readonly IndexedTexts[], patterns: TextPatterns, most: number): Promise<string[]>;
}

/** ILIKE patterns for an event's texts. */
export interface TextPatterns {
  readonly payload: string;
  /** Not given: whatever the keys are. */
  readonly idempotencyKey?: string;
}

/** `server` sees every workspace. */
export function createEventSearch(server: Query, workspaceId: string): EventSearch {
  return {
    spans: () => textSpans(server),
    find: (spans, patterns, most) => findByIndex(server, workspaceId, { spans, patterns, most }),
  };
}

/** A day, or a part of one, and how the texts of its events are read. */
export interface TextSpan {
  /** Its events have ids from `lowest` on, and below `end`. */
  readonly lowest: string;
  readonly end: string;
  /** What reads them by an index; undefined: every text is to be read. */
  readonly indexed: IndexedTexts | undefined;
}

/** A table, and the conditions by which an index of it is found, as they stand in the index. */
interface IndexedTexts {
  readonly table: string;
  readonly conditions: string;
}

async function textSpans(server: Query): Promise<TextSpan[]> {
  const rows = await server<{ table: string; indexes: string[] }>(findTables, []);
  return rows.flatMap(({ table, indexes }): TextSpan[] => {
    const day = Date.parse(table.replace(/^event_(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3')) / dayMs;
    const [lowest, end] = endsOf(day);
    if (indexes.includes(`${table}_text`)) return [{ lowest, end, indexed: { table, conditions: '' } }];
    if (indexes.length === 0) return [{ lowest, end, indexed: undefined }];
    return searchSlices(day).map(({ lowest, end, suffix }) => {
      const conditions = ` AND id >= '${lowest}' AND id < '${end}'`;
      return {
        lowest,
        end,
        indexed: indexes.includes(`${table}_${suffix}`) ? { table, conditions } : undefined,
      };
    });
  });
}

const findTables = {
  name: 'text-tables',
  text: `SELECT c.relname AS table, ARRAY(SELECT x.relname::text FROM pg_index n JOIN pg_class x ON x.oid = n.indexrelid
      WHERE n.indrelid = c.oid AND n.indisvalid AND x.relname ~ '_text(_[0-9]{2})?$') AS indexes
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'event'::regclass AND NOT i.inhdetachpending ORDER BY 1`,
};

interface Asked {
  readonly spans: readonly IndexedTexts[];
  readonly patterns: TextPatterns;
  readonly most: number;
}

async function findByIndex(server: Query, workspaceId: string, asked: Asked): Promise<string[]> {
  const { spans, most } = asked;
  const { payload, idempotencyKey } = asked.patterns;
  // Two readings, each by the index: of an OR the planner may think that it is cheaper to read the whole day.
  const either = ['payload ILIKE $2'];
  if (idempotencyKey !== undefined) either.push('idempotency_key ILIKE $3 AND payload NOT ILIKE $2');
  const parts = spans.flatMap(({ table, conditions }) =>
    either.map((fits) => `SELECT id FROM ${table} WHERE workspace_id = $1 AND ${fits}${conditions}`),
  );
  try {
    const rows = await server<{ id: string }>(
      { text: `SELECT id FROM (${parts.join(' UNION ALL ')}) found LIMIT ${most}` },
      [workspaceId, payload, ...(idempotencyKey === undefined ? [] : [idempotencyKey])],
    );
    return rows.map(({ id }) => id);
  } catch (error) {
    // A day may go at any time; then it has no events any more.
    if ((error as { code?: string }).code !== undefinedTable) throw error;
    if (spans.length === 1) return [];
    const each = await Promise.all(
      spans.map((span) => findByIndex(server, workspaceId, { ...asked, spans: [span] })),
    );
    return each.flat().slice(0, most);
  }
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const undefinedTable = '42P01';
