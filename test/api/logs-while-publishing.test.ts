import { expect, onTestFinished, test } from 'vitest';
import {
  DeliveriesDocument,
  type DeliveriesQueryVariables,
  PublishEventDocument,
  PublishEventsDocument,
} from '../../generated/operations.js';
import { eventually } from '../support/eventually.js';
import { subscribe } from '../support/main-operations.js';
import { freshEnv, startTendril, type Tendril } from '../support/tendril.js';

const type = 'payout.paid';
// Far more than a publish takes, on a busy machine too.
const behindMs = 6_000;

test('whoever pages from the oldest on sees every delivery once, though more arrive meanwhile', async () => {
  const tendril = await startTendril();
  const publishing = await publishInBackground(tendril, [tendril]);
  const seen: string[] = [];
  for (let after: string | null = null; ; ) {
    const isComplete = publishing.isDone();
    const page = await read(tendril, { orderBy: 'OLDEST_FIRST', first: 250, after });
    seen.push(...page.ids);
    after = page.endCursor ?? after;
    if (seen.length > 1500) publishing.stop();
    if (!page.hasNextPage && isComplete) break;
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toEqual(await everyDelivery(tendril));
});

test('whoever pages from the newest on sees every delivery that was there once, and no later one', async () => {
  const tendril = await startTendril();
  const publishing = await publishInBackground(tendril, [tendril]);
  await eventually(async () => (await read(tendril, { first: 0 })).totalCount > 300);
  const first = await read(tendril, { first: 20 });
  const start = first.ids[0] ?? '';
  const seen = [...first.ids];
  for (let { endCursor: after, hasNextPage } = first; hasNextPage; ) {
    const page = await read(tendril, { first: 20, after });
    seen.push(...page.ids);
    ({ endCursor: after, hasNextPage } = page);
  }
  publishing.stop();
  await eventually(() => publishing.isDone());
  const all = await everyDelivery(tendril);
  expect(all.length).toBeGreaterThan(seen.length);
  expect(seen).toEqual(all.filter((id) => id <= start).toReversed());
});

test('whoever follows the end of the list some seconds behind misses nothing that several API processes publish', async () => {
  const env = await freshEnv();
  const [one, other] = [await startTendril(env), await startTendril({ ...env, ROLE: 'api' })];
  const publishing = await publishInBackground(one, [one, other]);
  const seen: string[] = [];
  let after: string | null = null;
  const readOn = async () => {
    const filter = { createdBefore: new Date(Date.now() - behindMs).toISOString() };
    const page: ReadPage = await read(one, { orderBy: 'OLDEST_FIRST', first: 250, after, filter });
    seen.push(...page.ids);
    after = page.endCursor ?? after;
  };
  await eventually(async () => {
    await readOn();
    return seen.length > 300;
  }, 25_000);
  publishing.stop();
  await eventually(() => publishing.isDone());
  const all = await everyDelivery(one);
  await eventually(async () => {
    await readOn();
    return seen.length >= all.length;
  }, 25_000);
  expect(seen).toEqual(all);
}, 60_000);

test('paging back leads over the same deliveries as paging forward did', async () => {
  const tendril = await startTendril();
  const publishing = await publishInBackground(tendril, [tendril]);
  for (const orderBy of ['OLDEST_FIRST', 'NEWEST_FIRST'] as const) {
    await eventually(async () => (await read(tendril, { first: 0 })).totalCount > 200);
    const forth = [await read(tendril, { orderBy, first: 15 })];
    while (forth.length < 8)
      forth.push(await read(tendril, { orderBy, first: 15, after: forth.at(-1)?.endCursor ?? '' }));
    const back = [forth.at(-1)];
    for (const earlier of forth.slice(0, -1).toReversed()) {
      const page = await read(tendril, { orderBy, last: 15, before: back[0]?.startCursor ?? '' });
      expect(page.ids).toEqual(earlier.ids);
      back.unshift(page);
    }
    // From the newest on, what has arrived meanwhile lies in front; from the oldest on, nothing can.
    const inFront = await read(tendril, { orderBy, last: 15, before: back[0]?.startCursor ?? '' });
    expect(inFront.ids.length > 0).toBe(orderBy === 'NEWEST_FIRST');
    for (const id of inFront.ids) expect(forth.flatMap(({ ids }) => ids)).not.toContain(id);
  }
  publishing.stop();
  await eventually(() => publishing.isDone());
});

interface ReadPage {
  ids: string[];
  totalCount: number;
  startCursor: string | null;
  endCursor: string | null;
  hasNextPage: boolean;
}

async function read(tendril: Tendril, variables: DeliveriesQueryVariables): Promise<ReadPage> {
  const { deliveries } = await tendril.http().request(DeliveriesDocument, variables);
  const { startCursor, endCursor, hasNextPage } = deliveries.pageInfo;
  const ids = deliveries.nodes.map(({ id }) => id);
  return { ids, totalCount: deliveries.totalCount, startCursor, endCursor, hasNextPage };
}

/** All deliveries, oldest first, when nothing is published any more. */
async function everyDelivery(tendril: Tendril): Promise<string[]> {
  const all: string[] = [];
  for (let after: string | null = null, hasNextPage = true; hasNextPage; ) {
    const page = await read(tendril, { orderBy: 'OLDEST_FIRST', first: 250, after });
    all.push(...page.ids);
    ({ endCursor: after, hasNextPage } = page);
  }
  expect(all).toEqual(all.toSorted());
  return all;
}

/** Publishes, until it is stopped, one by one and in batches, over several connections at once; nothing is sent anywhere. */
async function publishInBackground(
  tendril: Tendril,
  publishers: readonly Tendril[],
): Promise<{ stop(): void; isDone(): boolean }> {
  for (const path of ['a', 'b']) {
    await subscribe(tendril, {
      endpointUrl: `http://127.0.0.1:9999/${path}`,
      eventTypes: [type],
      status: 'INACTIVE',
    });
  }
  let isStopped = false;
  let running = 0;
  const faults: unknown[] = [];
  const keepOn = async (publishOnce: () => Promise<unknown>) => {
    running += 1;
    while (!isStopped) await publishOnce().catch((error: unknown) => faults.push(error));
    running -= 1;
  };
  for (const publisher of publishers) {
    for (let connection = 0; connection < 3; connection += 1) {
      void keepOn(() => publisher.http().request(PublishEventDocument, { input: { type, payload: {} } }));
    }
    const events = Array.from({ length: 10 }, () => ({ type, payload: {} }));
    void keepOn(() => publisher.http().request(PublishEventsDocument, { events }));
  }
  const stop = () => {
    isStopped = true;
  };
  onTestFinished(async () => {
    stop();
    await eventually(() => running === 0);
    expect(faults).toEqual([]);
  });
  return { stop, isDone: () => running === 0 };
}
