import {
  idsLike,
  type Span,
  searchByText,
  spanOf,
  type TextList,
  walkAll,
} from '../events/search-by-text.js';
import { payloadPattern } from '../rules/like-pattern.js';
import { toTypeId } from '../storage/typeid.js';
import type { WorkspaceDatabase } from '../storage/workspace-database.js';
import { isNarrow, type LogPart, logStatement } from './log-statement.js';

const firstReading = 100;

/** The first deliveries of a part of the log whose event's payload holds the text that its filter's search is. */
export async function searchPayloads<Row extends { readonly uuid: string }>(
  database: WorkspaceDatabase,
  part: LogPart,
  columns: string,
): Promise<Row[]> {
  const { search: text = '', createdAfter, createdBefore } = part.filter;
  const { above, below, descending, limit } = part;
  const pattern = payloadPattern(text ?? '');
  const log = { database, part, columns, pattern };
  const list: TextList<Row> = {
    look: (span) => look(log, span),
    read: (span) => (isNarrow(part.filter) ? walkAll({ database, list }, span) : read<Row>(log, span)),
    ofEvents: (span, events) => deliveriesOf<Row>(log, span, events),
  };
  return searchByText(
    { database, list, text: text ?? '', patterns: { payload: pattern } },
    { ...spanOf({ above, below, createdAfter, createdBefore }), descending, limit },
  );
}

/** A part of the log as it is searched; its ends are those of the span in question. */
interface SearchedLog {
  readonly database: WorkspaceDatabase;
  readonly part: LogPart;
  readonly columns: string;
  readonly pattern: string;
}

async function look(
  { database, part, columns, pattern }: SearchedLog,
  span: Span,
): Promise<{ text: string; values: unknown[] }> {
  const { text, values } = await logStatement(
    database,
    { ...part, ...span },
    `${columns}, d.event_id AS walked_event`,
  );
  return {
    // One look-up a row: an EXISTS might be taken for a reading of all events.
    text: `WITH walked AS MATERIALIZED (${text})
      SELECT w.*, (SELECT e.payload ILIKE $${values.push(pattern)} FROM event e
        WHERE e.workspace_id = $1 AND e.id = w.walked_event) AS fits FROM walked w`,
    values,
  };
}

/** Reads payloads until enough of their deliveries are found. */
async function read<Row extends { readonly uuid: string }>(log: SearchedLog, span: Span): Promise<Row[]> {
  const order = span.descending ? 'DESC' : 'ASC';
  const rows: Row[] = [];
  let [lowest] = idsLike(span.above);
  let [, highest] = idsLike(span.below);
  for (let most = firstReading; rows.length < span.limit; most *= 4) {
    const events = await log.database.query<{ id: string }>(
      {
        text: `SELECT id FROM event WHERE workspace_id = $1 AND payload ILIKE $2 AND id > $3::uuid AND id < $4::uuid
          ORDER BY id ${order} LIMIT ${most}`,
      },
      [log.part.workspaceId, log.pattern, lowest, highest],
    );
    const ids = events.map(({ id }) => id);
    rows.push(...(await deliveriesOf<Row>(log, span, ids)));
    const last = ids.at(-1);
    if (last === undefined || ids.length < most) break;
    if (span.descending) highest = last;
    else lowest = last;
  }
  return rows.slice(0, span.limit);
}

/** The deliveries of these events that the rest of the filter fits. */
async function deliveriesOf<Row>(
  { database, part, columns }: SearchedLog,
  span: Span,
  events: readonly string[],
): Promise<Row[]> {
  const given = part.filter.eventIds;
  const eventIds = events.map((uuid) => toTypeId('evt', uuid)).filter((id) => given?.includes(id) ?? true);
  if (eventIds.length === 0) return [];
  const filter = { ...part.filter, eventIds };
  const { text, values } = await logStatement(database, { ...part, ...span, filter }, columns);
  return database.query<Row>({ text }, values);
}
