import type { EventSearch, TextPatterns, TextSpan } from '../storage/event-search.js';
import type { Query } from '../storage/statement.js';
import { lowestUuidAt } from '../storage/typeid.js';

// What is frequent is found among so many entries; for the rest the index is asked.
const firstLook = 1_000;
const frequentShare = 0.05;
const widestLook = 20_000;
// Days with more events than this that fit are walked through: their entries fill a page soon.
const mostByIndex = 10_000;
const firstReading = 100;
const highestUuid = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** A list whose entries each have an event, whose id theirs begin with: the first eleven bytes are the same. */
export interface TextList<Row extends Entry> {
  /** The statement that reads the first entries of a span, whatever their texts are, and says in `fits` of each whether its text fits. */
  look(span: Span): Promise<{ text: string; values: unknown[] }>;
  /** The first entries of a span, found by reading the texts of all. */
  read(span: Span): Promise<Row[]>;
  /** The first entries of a span that these events have. */
  ofEvents(span: Span, events: readonly string[]): Promise<Row[]>;
}

interface Entry {
  readonly uuid: string;
}

/** A part of a list, between two ids that it does not include. */
export interface Span {
  readonly above: string;
  readonly below: string;
  readonly descending: boolean;
  readonly limit: number;
}

/** A list, and what is looked for in its events' texts. */
export interface TextSearch<Row extends Entry> {
  readonly database: { readonly query: Query; readonly eventSearch: EventSearch };
  readonly list: TextList<Row>;
  readonly text: string;
  readonly patterns: TextPatterns;
}

/** The first entries of a span whose events have the text. */
export async function searchByText<Row extends Entry>(search: TextSearch<Row>, span: Span): Promise<Row[]> {
  const { rows, rest } = await walkWhileFrequent(search, span);
  return rest === undefined
    ? rows
    : [...rows, ...(await searchDays(search, { ...rest, limit: span.limit - rows.length }))];
}

/** The ids between these, and made between these moments: from the first on, and before the second. */
export function spanOf(ends: {
  readonly above: string | undefined;
  readonly below: string | undefined;
  readonly createdAfter?: Date | null | undefined;
  readonly createdBefore?: Date | null | undefined;
}): Pick<Span, 'above' | 'below'> {
  const { createdAfter, createdBefore } = ends;
  // No id is the lowest of its moment: all of them have a version.
  const after = createdAfter && lowestUuidAt(createdAfter.getTime());
  const before = createdBefore && lowestUuidAt(createdBefore.getTime());
  return {
    above: inOrder([ends.above, after, lowestUuidAt(0)]).at(-1) ?? '',
    below: inOrder([ends.below, before, highestUuid])[0] ?? '',
  };
}

/** Goes from day to day: by the index where there is one, several days at once, and by reading where there is none. */
async function searchDays<Row extends Entry>(search: TextSearch<Row>, rest: Span): Promise<Row[]> {
  const rows: Row[] = [];
  const present = await search.database.eventSearch.spans();
  const indexable = isIndexable(search.text);
  const days = present
    .filter((day) => day.end > rest.above && day.lowest < rest.below)
    .map((day) => (indexable ? day : { ...day, indexed: undefined }));
  if (rest.descending) days.reverse();
  for (let most = 1; days.length > 0 && rows.length < rest.limit; most *= 2) {
    const byIndexNow = days[0]?.indexed !== undefined;
    const group = takeWhile(
      days,
      byIndexNow ? most : days.length,
      (day) => (day.indexed !== undefined) === byIndexNow,
    );
    const span = clip({ ...rest, limit: rest.limit - rows.length }, group);
    rows.push(...(byIndexNow ? await byIndex(search, span, group) : await search.list.read(span)));
  }
  return rows;
}

/** Whether the index can find this text: it goes by three letters or digits in a row. */
function isIndexable(text: string): boolean {
  return /[\p{L}\p{Nd}]{3}/u.test(text);
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

/** What is behind an entry. */
function behind(span: Span, uuid: string): Span {
  return span.descending ? { ...span, below: uuid } : { ...span, above: uuid };
}

function takeWhile<T>(list: T[], most: number, fits: (one: T) => boolean): T[] {
  const end = list.findIndex((one, index) => index === most || !fits(one));
  return list.splice(0, end === -1 ? Math.min(most, list.length) : end);
}

/** Goes on for as long as many of the entries looked at fit; `rest` is what was not looked at, undefined where nothing is wanted of it. */
async function walkWhileFrequent<Row extends Entry>(
  search: TextSearch<Row>,
  span: Span,
): Promise<{ rows: Row[]; rest: Span | undefined }> {
  const rows: Row[] = [];
  let rest = span;
  for (let look = firstLook; ; look = Math.min(look * 4, widestLook)) {
    const walked = await walk(search, { ...rest, limit: look });
    rows.push(...walked.rows);
    if (walked.last === undefined || rows.length >= span.limit)
      return { rows: rows.slice(0, span.limit), rest: undefined };
    rest = behind(rest, walked.last);
    if (walked.rows.length < look * frequentShare) return { rows, rest };
  }
}

/** The first entries of a span that fit, by looking at all of them, one after the other. */
export async function walkAll<Row extends Entry>(
  search: Pick<TextSearch<Row>, 'database' | 'list'>,
  span: Span,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let rest = span; rows.length < span.limit; ) {
    const walked = await walk(search, { ...rest, limit: widestLook });
    rows.push(...walked.rows);
    if (walked.last === undefined) break;
    rest = behind(rest, walked.last);
  }
  return rows.slice(0, span.limit);
}

/** Those of the first `limit` entries that fit; `last` is the last one looked at, undefined where there were no more. */
async function walk<Row extends Entry>(
  { database, list }: Pick<TextSearch<Row>, 'database' | 'list'>,
  span: Span,
): Promise<{ rows: Row[]; last: string | undefined }> {
  const { text, values } = await list.look(span);
  const order = span.descending ? 'DESC' : 'ASC';
  const looked = await database.query<Row & { fits: boolean; looked_at: number }>(
    {
      text: `WITH looked AS MATERIALIZED (${text})
        SELECT *, (SELECT count(*)::integer FROM looked) AS looked_at FROM looked
        WHERE fits OR uuid = (SELECT uuid FROM looked ORDER BY uuid ${order} OFFSET ${span.limit - 1} LIMIT 1)
        ORDER BY uuid ${order}`,
    },
    values,
  );
  // Where there are more, the last one is given whether it fits or not.
  const last = looked[0]?.looked_at === span.limit ? looked.at(-1)?.uuid : undefined;
  return { rows: looked.filter(({ fits }) => fits), last };
}

async function byIndex<Row extends Entry>(
  search: TextSearch<Row>,
  span: Span,
  days: readonly TextSpan[],
): Promise<Row[]> {
  const indexed = days.flatMap((day) => day.indexed ?? []);
  const events = await search.database.eventSearch.find(indexed, search.patterns, mostByIndex + 1);
  if (events.length > mostByIndex) return walkAll(search, span);
  const within = events
    .filter((id) => {
      const [lowest, highest] = idsLike(id);
      return highest > span.above && lowest < span.below;
    })
    .sort();
  if (span.descending) within.reverse();
  const rows: Row[] = [];
  for (let size = firstReading; within.length > 0 && rows.length < span.limit; size *= 4)
    rows.push(...(await search.list.ofEvents(span, within.splice(0, size))));
  return rows.slice(0, span.limit);
}

/** The lowest and the highest id with the first eleven bytes of this one, which an event and its entries have in common. */
export function idsLike(uuid: string): [lowest: string, highest: string] {
  return [`${uuid.slice(0, 26)}0000000000`, `${uuid.slice(0, 26)}ffffffffff`];
}
