import { payloadPattern } from '../rules/like-pattern.js';
import type { TextSpan } from '../storage/event-search.js';
import { lowestUuidAt, toTypeId } from '../storage/typeid.js';
import type { WorkspaceDatabase } from '../storage/workspace-database.js';
import { findByReading, isIndexable } from './event-text.js';
import { isNarrow, type LogPart, logStatement } from './log-statement.js';

// What is frequent is found among so many deliveries; for the rest the index is asked.
const firstLook = 1_000;
const frequentShare = 0.05;
const widestLook = 20_000;
// A day with more events than this that fit is walked through: its deliveries fill a page soon.
const mostByIndex = 10_000;
const firstReading = 100;
const highestUuid = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const zeroes = '0000000000';
const effs = 'ffffffffff';

interface Search {
  readonly database: WorkspaceDatabase;
  readonly columns: string;
  readonly pattern: string;
  readonly indexable: boolean;
}

interface Row {
  readonly uuid: string;
}

/** The first deliveries of a part of the log whose event's payload holds the text that its filter's search is. */
export async function searchPayloads<R extends Row>(
  database: WorkspaceDatabase,
  asked: LogPart,
  columns: string,
): Promise<R[]> {
  const text = asked.filter.search ?? '';
  const search = { database, columns, pattern: payloadPattern(text), indexable: isIndexable(text) };
  const part = withinDates(asked);
  const { rows, rest } = await walkWhileFrequent<R>(search, part);
  return rest === undefined
    ? rows
    : [...rows, ...(await searchDays<R>(search, { ...rest, limit: part.limit - rows.length }))];
}

/** Goes from day to day: by the index where there is one, several days at once, and by reading where there is none. */
async function searchDays<R extends Row>(search: Search, rest: Span): Promise<R[]> {
  const rows: R[] = [];
  const present = await search.database.eventSearch.spans();
  const days = present
    .filter((day) => day.end > rest.above && day.lowest < rest.below)
    .map((day) => (search.indexable ? day : { ...day, indexed: undefined }));
  if (rest.descending) days.reverse();
  for (let most = 1; days.length > 0 && rows.length < rest.limit; most *= 2) {
    const byIndexNow = days[0]?.indexed !== undefined;
    const group = takeWhile(
      days,
      byIndexNow ? most : days.length,
      (day) => (day.indexed !== undefined) === byIndexNow,
    );
    const span = clip({ ...rest, limit: rest.limit - rows.length }, group);
    rows.push(...(byIndexNow ? await byIndex<R>(search, span, group) : await byReading<R>(search, span)));
  }
  return rows;
}

/** A part with both ends, neither included. */
interface Span extends LogPart {
  readonly above: string;
  readonly below: string;
}

function withinDates(part: LogPart): Span {
  const { createdAfter, createdBefore } = part.filter;
  // No id is the lowest of its moment: all of them have a version.
  const after = createdAfter && lowestUuidAt(createdAfter.getTime());
  const before = createdBefore && lowestUuidAt(createdBefore.getTime());
  return {
    ...part,
    above: inOrder([part.above, after, lowestUuidAt(0)]).at(-1) ?? '',
    below: inOrder([part.below, before, highestUuid])[0] ?? '',
  };
}

function clip(span: Span, days: readonly TextSpan[]): Span {
  const lowest = inOrder(days.map((day) => day.lowest))[0];
  const end = inOrder(days.map((day) => day.end)).at(-1);
  return {
    ...span,
    above: inOrder([span.above, lowest]).at(-1) ?? span.above,
    below: inOrder([span.below, end])[0] ?? span.below,
  };
}

function inOrder(uuids: readonly (string | null | undefined)[]): string[] {
  return uuids.filter((uuid) => typeof uuid === 'string').sort();
}

/** What is behind a delivery. */
function behind(span: Span, uuid: string): Span {
  return span.descending ? { ...span, below: uuid } : { ...span, above: uuid };
}

function takeWhile<T>(list: T[], most: number, fits: (one: T) => boolean): T[] {
  const end = list.findIndex((one, index) => index === most || !fits(one));
  return list.splice(0, end === -1 ? Math.min(most, list.length) : end);
}

/** Goes on for as long as many of the deliveries looked at fit; `rest` is what was not looked at, undefined where nothing is wanted of it. */
async function walkWhileFrequent<R extends Row>(
  search: Search,
  part: Span,
): Promise<{ rows: R[]; rest: Span | undefined }> {
  const rows: R[] = [];
  let rest = part;
  for (let look = firstLook; ; look = Math.min(look * 4, widestLook)) {
    const walked = await walk<R>(search, { ...rest, limit: look });
    rows.push(...walked.rows);
    if (walked.last === undefined || rows.length >= part.limit)
      return { rows: rows.slice(0, part.limit), rest: undefined };
    rest = behind(rest, walked.last);
    if (walked.rows.length < look * frequentShare) return { rows, rest };
  }
}

async function walkAll<R extends Row>(search: Search, span: Span): Promise<R[]> {
  const rows: R[] = [];
  for (let rest = span; rows.length < span.limit; ) {
    const walked = await walk<R>(search, { ...rest, limit: widestLook });
    rows.push(...walked.rows);
    if (walked.last === undefined) break;
    rest = behind(rest, walked.last);
  }
  return rows.slice(0, span.limit);
}

/** Those of the first `limit` deliveries that fit; `last` is the last one looked at, undefined where there were no more. */
async function walk<R extends Row>(
  { database, columns, pattern }: Search,
  part: Span,
): Promise<{ rows: R[]; last: string | undefined }> {
  const { text, values } = await logStatement(database, part, `${columns}, d.event_id AS walked_event`);
  const order = part.descending ? 'DESC' : 'ASC';
  const looked = await database.query<R & { fits: boolean; looked_at: number }>(
    {
      text: `WITH walked AS MATERIALIZED (${text}), looked AS MATERIALIZED (
          -- One look-up a row: an EXISTS might be taken for a reading of all events.
          SELECT w.*, (SELECT e.payload ILIKE $${values.push(pattern)} FROM event e
            WHERE e.workspace_id = $1 AND e.id = w.walked_event) AS fits FROM walked w)
        SELECT *, (SELECT count(*)::integer FROM walked) AS looked_at FROM looked WHERE fits OR uuid = (SELECT uuid FROM walked ORDER BY uuid ${order} OFFSET ${part.limit - 1} LIMIT 1)
        ORDER BY uuid ${order}`,
    },
    values,
  );
  // Where there are more, the last one is given whether it fits or not.
  const last = looked[0]?.looked_at === part.limit ? looked.at(-1)?.uuid : undefined;
  return { rows: looked.filter(({ fits }) => fits), last };
}

async function byIndex<R extends Row>(search: Search, span: Span, days: readonly TextSpan[]): Promise<R[]> {
  const indexed = days.flatMap((day) => day.indexed ?? []);
  const events = await search.database.eventSearch.find(indexed, search.pattern, mostByIndex + 1);
  if (events.length > mostByIndex) return walkAll(search, span);
  const within = events
    .filter((id) => prefix(id) + effs > span.above && prefix(id) + zeroes < span.below)
    .sort();
  if (span.descending) within.reverse();
  const rows: R[] = [];
  for (let size = firstReading; within.length > 0 && rows.length < span.limit; size *= 4)
    rows.push(...(await deliveriesOf<R>(search, span, within.splice(0, size))));
  return rows.slice(0, span.limit);
}

async function byReading<R extends Row>(search: Search, span: Span): Promise<R[]> {
  if (isNarrow(span.filter)) return walkAll(search, span);
  const rows: R[] = [];
  let lowest = prefix(span.above) + zeroes;
  let highest = prefix(span.below) + effs;
  for (let most = firstReading; rows.length < span.limit; most *= 4) {
    const asked = { workspaceId: span.workspaceId, pattern: search.pattern, lowest, highest };
    const events = await findByReading(search.database, asked, span.descending, most);
    rows.push(...(await deliveriesOf<R>(search, span, events)));
    const last = events.at(-1);
    if (last === undefined || events.length < most) break;
    if (span.descending) highest = last;
    else lowest = last;
  }
  return rows.slice(0, span.limit);
}

/** The first eleven bytes of an id, which an event and its deliveries have in common. */
function prefix(uuid: string): string {
  return uuid.slice(0, 26);
}

/** The deliveries of these events that the rest of the filter fits. */
async function deliveriesOf<R extends Row>(
  { database, columns }: Search,
  span: Span,
  events: readonly string[],
): Promise<R[]> {
  const given = span.filter.eventIds;
  const eventIds = events.map((uuid) => toTypeId('evt', uuid)).filter((id) => given?.includes(id) ?? true);
  if (eventIds.length === 0) return [];
  const part = { ...span, filter: { ...span.filter, eventIds } };
  const { text, values } = await logStatement(database, part, columns);
  return database.query<R>({ text }, values);
}
