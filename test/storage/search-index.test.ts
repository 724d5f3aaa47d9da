import { Pool } from 'pg';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { createEventSearch } from '../../src/storage/event-search.js';
import { makeDayIndexes } from '../../src/storage/make-day-indexes.js';
import { textOfDay } from '../../src/storage/partitions.js';
import type { Query } from '../../src/storage/statement.js';
import { fromTypeId, lowestUuidAt, toTypeId } from '../../src/storage/typeid.js';
import { eventually } from '../support/eventually.js';
import { postGraphql } from '../support/post-graphql.js';
import { newDatabase, newOwnedDatabase } from '../support/stores.js';
import { freshEnv, startTendril, type Tendril } from '../support/tendril.js';

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const today = Math.floor(Date.now() / dayMs);
const openDay = textOfDay(today);
const closedDay = textOfDay(today - 1);

// Each stands in some of the payloads; upper and lower case, signs that LIKE or JSON write otherwise, and what no trigram fits.
const texts = [
  'Größe "9"',
  '100%_\\',
  'Needle\nin a haystack',
  'plain words here',
  'a-3f9c01d2-b',
  'zz',
  '東京',
];
const needles = [
  ...texts,
  'grösse',
  'GRÖSSE',
  'größe',
  '9',
  'zZ',
  'needle',
  'IN A HAY',
  'words here',
  '3F9C',
  'nowhere at all',
  '{}',
  '%',
  '_',
  'ordinary',
];

/** Stores events of a day, each with two deliveries, by SQL; gives the deliveries' ids with the payloads, oldest first. */
async function fill(pool: Pool, day: number, workspaceId: string, count: number) {
  const startMs = day * dayMs + 1000;
  const rows = Array.from({ length: count }, (_, n) => {
    const begin = `${lowestUuidAt(startMs + n).slice(0, 14)}7000-8000-00`;
    // Rare enough that a search does not come across it on the way.
    const text = n % 40 === 0 ? texts[(n / 40) % texts.length] : 'quite ordinary';
    const payload = JSON.stringify({ n, text });
    const key = n % 40 === 20 ? texts[((n - 20) / 40) % texts.length] : null;
    return {
      event: `${begin}0000000000`,
      key,
      deliveries: [`${begin}0000000001`, `${begin}0000000002`],
      payload,
    };
  });
  await pool.query(
    `INSERT INTO event (workspace_id, id, type, payload, idempotency_key, created_at)
     SELECT $1, id, 'payout.paid', payload, key, now() FROM unnest($2::uuid[], $3::text[], $4::text[]) t (id, payload, key)`,
    [
      workspaceId,
      rows.map(({ event }) => event),
      rows.map(({ payload }) => payload),
      rows.map(({ key }) => key ?? null),
    ],
  );
  await pool.query(
    `INSERT INTO delivery (workspace_id, id, event_id, subscription_id, event_type, status, created_at, updated_at)
     SELECT $1, id, (left(id::text, 26) || '0000000000')::uuid, $2, 'payout.paid', 'FAILED', now(), now() FROM unnest($3::uuid[]) id`,
    [workspaceId, lowestUuidAt(7), rows.flatMap(({ deliveries }) => deliveries)],
  );
  return rows.map(({ event, deliveries, payload, key }) => ({
    id: toTypeId('evt', event),
    deliveries: deliveries.map((uuid) => toTypeId('dlv', uuid)),
    payload: payload.toLowerCase(),
    key: key?.toLowerCase(),
  }));
}

/** All that a search finds, page by page, and what it counts. */
async function find(tendril: Tendril, search: string, orderBy: string, more = '') {
  const ids: string[] = [];
  for (let after: string | undefined; ; ) {
    const { data, errors } = await postGraphql(
      tendril,
      `{ deliveries(first: 250, orderBy: ${orderBy}, ${after ? `after: "${after}",` : ''} filter: { search: ${JSON.stringify(search)} ${more} }) {
        totalCount nodes { id } pageInfo { hasNextPage endCursor } } }`,
    );
    expect(errors).toBeUndefined();
    const { deliveries } = data as { deliveries: Found };
    ids.push(...deliveries.nodes.map(({ id }) => id));
    after = deliveries.pageInfo.endCursor ?? undefined;
    if (!deliveries.pageInfo.hasNextPage) return { ids, count: deliveries.totalCount };
  }
}

/** The same of events, the oldest first. */
async function findEvents(tendril: Tendril, search: string): Promise<string[]> {
  const ids: string[] = [];
  for (let before: string | undefined; ; ) {
    const { data, errors } = await postGraphql(
      tendril,
      `{ events(last: 250, ${before ? `before: "${before}",` : ''} filter: { search: ${JSON.stringify(search)}, types: ["payout.*"] }) {
        nodes { id } pageInfo { hasPreviousPage startCursor } } }`,
    );
    expect(errors).toBeUndefined();
    const { events } = data as { events: EventsFound };
    ids.push(...events.nodes.map(({ id }) => id).reverse());
    before = events.pageInfo.startCursor ?? undefined;
    if (!events.pageInfo.hasPreviousPage) return ids;
  }
}

interface EventsFound {
  readonly nodes: readonly { id: string }[];
  readonly pageInfo: { readonly hasPreviousPage: boolean; readonly startCursor: string | null };
}

interface Found {
  readonly totalCount: number;
  readonly nodes: readonly { id: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

test.each([
  ['a superuser', newDatabase],
  ['an ordinary owner', newOwnedDatabase],
])(
  'a day that is over gets a search index by itself, which %s can use, and a search finds the same with it, without it, and in the open day',
  async (_user, newStore) => {
    const env = await freshEnv({ DATABASE_URL: await newStore() });
    const pool = new Pool({
      connectionString: env.DATABASE_URL,
      options: '-c tendril.workspace_id=* -c enable_seqscan=off',
    });
    onTestFinished(() => pool.end());
    const indexed = async () => {
      const { rows } = await pool.query<{ name: string }>(
        `SELECT indexrelid::regclass::text AS name FROM pg_index WHERE indisvalid AND indexrelid::regclass::text ~ '_(text|search)' ORDER BY 1`,
      );
      return rows.map(({ name }) => name);
    };
    // As housekeeping of that moment does; the Tendril's own may be at it.
    const makeIndexesAt = (nowMs: number, name: string) =>
      eventually(async () => {
        await makeDayIndexes(pool, nowMs, pino({ level: 'silent' }), new AbortController().signal);
        return (await indexed()).includes(name);
      });
    const tendril = await startTendril(env);
    const { data } = await postGraphql(tendril, '{ viewer { workspace { id } } }');
    const id = (data as { viewer: { workspace: { id: string } } }).viewer.workspace.id;
    const workspaceId = fromTypeId('ws', id) ?? '';
    const all = [
      ...(await fill(pool, today - 1, workspaceId, 700)),
      ...(await fill(pool, today, workspaceId, 41)),
    ];

    await eventually(async () => (await indexed()).includes(`event_${closedDay}_text`));
    expect(await indexed()).not.toContain(`event_${openDay}_text`);
    const expectAll = async () => {
      for (const needle of needles) {
        const inJson = JSON.stringify(needle).slice(1, -1).toLowerCase();
        const ids = all
          .filter(({ payload }) => payload.includes(inJson))
          .flatMap(({ deliveries }) => deliveries);
        const found = await find(tendril, needle, 'OLDEST_FIRST');
        expect([needle, found]).toEqual([needle, { ids, count: ids.length }]);
        const events = all.filter(
          ({ payload, key }) => payload.includes(inJson) || key?.includes(needle.toLowerCase()),
        );
        expect([needle, await findEvents(tendril, needle)]).toEqual([needle, events.map(({ id }) => id)]);
      }
    };
    await expectAll();
    const plan = `EXPLAIN SELECT FROM event_${closedDay} WHERE payload ILIKE '%needle%'`;
    expect(JSON.stringify((await pool.query(plan)).rows)).toContain(`event_${closedDay}_text`);
    // Past the wall, so by a condition of its own: the time that a search takes must not tell what others have, either.
    const foundOf = async (whose: string) => {
      const query: Query = async ({ text }, values) => (await pool.query(text, [...values])).rows;
      const search = createEventSearch(query, whose);
      const indexes = (await search.spans()).flatMap((span) => span.indexed ?? []);
      return (await search.find(indexes, { payload: '%ordinary%' }, 5)).length;
    };
    expect([await foundOf(workspaceId), await foundOf(lowestUuidAt(7))]).toEqual([5, 0]);
    // As an earlier version made it.
    await pool.query(`CREATE INDEX event_${openDay}_search_00 ON event_${openDay} (id)`);
    // Parts of the open day that are over have an index of their own, until the day is over too.
    await makeIndexesAt(today * dayMs + 9 * hourMs, `event_${openDay}_text_04`);
    await expectAll();
    await makeIndexesAt((today + 1) * dayMs, `event_${openDay}_text`);
    expect((await indexed()).filter((name) => name.startsWith(`event_${openDay}`))).toEqual([
      `event_${openDay}_text`,
    ]);
    const rare = await find(tendril, '東京', 'NEWEST_FIRST', ', statuses: [FAILED]');
    await pool.query(`DROP INDEX event_${closedDay}_text`);
    expect(await find(tendril, '東京', 'NEWEST_FIRST', ', statuses: [FAILED]')).toEqual(rare);
    await expectAll();
  },
  240_000,
);
