import { Client } from 'pg';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { CreateEventTypeDocument, PublishEventsDocument } from '../../generated/operations.js';
import { startPostgres } from '../../src/storage/postgres-server.js';
import { fromTypeId } from '../../src/storage/typeid.js';
import { diceOf } from '../kill/dice.js';
import { eventually } from '../support/eventually.js';
import { followUpdates } from '../support/follow-updates.js';
import { deliveryIds, publish, subscribe } from '../support/main-operations.js';
import { holdTransactionOpen } from '../support/open-transaction.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { type Env, freshEnv, startTendril, type Tendril } from '../support/tendril.js';

const type = 'payout.paid';
const most = 200;
const markChanged =
  'updated_at = now(), changed_xid = pg_current_xact_id(), changed_xmin = pg_snapshot_xmin(pg_current_snapshot())';

test.each([
  ['', false],
  [', while an older one stays open in another database', true],
])(
  'a reader that breaks off all the time is told the latest state of every delivery, in whatever order transactions are committed%s',
  {
    timeout: 60_000,
  },
  async (_when, isOneOpen) => {
    const seed = Date.now() % 1e6;
    const dice = diceOf(seed).next;
    const { env, tendril, ids } = await withDeliveries(await freshEnv());
    if (isOneOpen) await holdTransactionOpen(env);
    const reader = new Reader(tendril, await firstCursor(tendril));
    const writers = await Promise.all(Array.from({ length: 6 }, (_, index) => openWriter(env, index < 2)));

    let reading = Promise.resolve();
    for (let step = 0; step < 120; step += 1) {
      const writer = writers[Math.floor(dice() * writers.length)];
      if (!writer) continue;
      if (writer.held.length > 0 && dice() < 0.4) await writer.end(dice() < 0.9 ? 'COMMIT' : 'ROLLBACK');
      else await writer.change(someOf(ids, writers, dice));
      // What is committed is now behind it when it goes on, and now told while it reads.
      if (dice() < 0.5) {
        await reading;
        reading = reader.read(1 + Math.floor(dice() * 4));
      }
      if (dice() < 0.3) await reading;
    }
    for (const writer of writers) await writer.end('COMMIT');

    await reading;
    const expected = await attemptCounts(env);
    const before = reader.told;
    await eventually(
      async () => {
        await reader.read(3);
        return isSame(reader.latest, expected);
      },
      30_000,
      () =>
        `seed ${seed}: ${reader.told - before} states were told since the last commit, of ${most} deliveries`,
    );
    // Each is told once by what was under way, and once by what followed it.
    expect([seed, reader.told - before]).toEqual([seed, expect.toSatisfy((told) => told <= 3 * most)]);
  },
);

test('a reader that breaks off within a transaction is told the rest of it, also where younger ones had ended before its change', async () => {
  const { env, tendril, ids } = await withDeliveries(await freshEnv());
  const [writer, other] = [await openWriter(env, true), await openWriter(env)];
  await other.change(ids.slice(0, 1));
  await other.end('COMMIT');
  const { updates } = await followUpdates(tendril.ws());
  const changed = ids.slice(1, 6);
  await writer.change(changed);
  await writer.end('COMMIT');
  // The other's change may be told to this stream too, though it was opened after it.
  const told = () => updates.filter(({ id }) => changed.includes(id));
  await eventually(() => told().length === 5);
  const resumed = await followUpdates(tendril.ws(), { after: told()[0]?.cursor ?? '' });
  await eventually(() => resumed.updates.length === 4);
  const following = told().slice(1);
  expect(resumed.updates.map(({ id }) => id)).toEqual(following.map(({ id }) => id));
});

test('with a hundred transactions under way publishing goes on, and a reader that breaks off misses nothing', {
  timeout: 120_000,
}, async () => {
  const server = await startPostgres({ dataDir: await temporaryFolder(), log: pino({ level: 'silent' }) });
  onTestFinished(() => server.stop());
  const { env, tendril, ids } = await withDeliveries(await freshEnv({ DATABASE_URL: server.url }));
  const writers = [];
  for (const id of ids.slice(0, 110)) {
    const writer = await openWriter(env);
    await writer.change([id]);
    writers.push(writer);
  }
  const reader = new Reader(tendril, await firstCursor(tendril));
  const told = await listen(env);
  for (const writer of writers.slice(50, 60)) await writer.end('COMMIT');
  // Event types of the greatest length fill the notifications.
  const name = `test.${'x'.repeat(250)}`;
  await tendril.http().request(CreateEventTypeDocument, { input: { name, description: 'Long.' } });
  await publishHundred(tendril, name);
  await eventually(() => told.filter((payload) => payload.includes('"born":true')).length > 5);
  for (const payload of told) expect(Buffer.byteLength(payload)).toBeLessThan(8000);
  const cut = JSON.parse(told.at(-1) ?? '').snapshot.split(':');
  expect(cut[2].split(',')).toHaveLength(16);

  for (let round = 0; round < 20; round += 1) await reader.read(5);
  for (const writer of writers.toReversed()) await writer.end('COMMIT');
  const expected = await attemptCounts(env);
  await eventually(async () => {
    await reader.read(20);
    return isSame(reader.latest, expected);
  }, 60_000);
  await tendril.stop();
});

/** Reads a few updates at a time, each time behind the last cursor, and remembers each delivery's latest state. */
class Reader {
  readonly latest = new Map<string, number>();
  told = 0;
  readonly #client;
  #after: string;

  constructor(tendril: Tendril, after: string) {
    this.#client = tendril.ws();
    this.#after = after;
  }

  /** Breaks off after so many updates; where there are none for the moment, at once. */
  async read(most: number): Promise<void> {
    const query =
      'subscription ($after: String!) { deliveryUpdated(after: $after) { id attemptCount cursor } }';
    const updates = this.#client.iterate<{ deliveryUpdated: Told }>({
      query,
      variables: { after: this.#after },
    });
    const isQuiet = new Promise<void>((resolve) => setTimeout(resolve, 300));
    for (let count = 0; count < most; count += 1) {
      const next = await Promise.race([updates.next(), isQuiet]);
      if (!next) break;
      if (next.done || !next.value.data) throw new Error(JSON.stringify(next));
      const { id, attemptCount, cursor } = next.value.data.deliveryUpdated;
      expect(attemptCount).toBeGreaterThanOrEqual(this.latest.get(id) ?? 0);
      this.latest.set(id, attemptCount);
      this.told += 1;
      this.#after = cursor;
    }
    await updates.return?.();
  }
}

interface Told {
  readonly id: string;
  readonly attemptCount: number;
  readonly cursor: string;
}

/** One who changes deliveries in transactions that stay open until they are ended. */
interface Writer {
  /** What it has changed and not ended. */
  held: readonly string[];
  change(ids: readonly string[]): Promise<void>;
  end(how: 'COMMIT' | 'ROLLBACK'): Promise<void>;
}

/** `early`: its transactions get their numbers long before they change anything, so that later ones end before. */
async function openWriter(env: Env, early = false): Promise<Writer> {
  const client = await connect(env);
  const begin = async () => {
    await client.query('BEGIN');
    await client.query('SELECT pg_current_xact_id()');
  };
  if (early) await begin();
  const writer: Writer = {
    held: [],
    async change(ids) {
      if (writer.held.length > 0 || ids.length === 0) return;
      if (!early) await begin();
      await client.query(
        `UPDATE delivery SET attempt_count = attempt_count + 1, ${markChanged} WHERE id = ANY($1)`,
        [ids.map((id) => fromTypeId('dlv', id))],
      );
      writer.held = ids;
    },
    async end(how) {
      if (writer.held.length === 0) return;
      await client.query(how);
      writer.held = [];
      if (early) await begin();
    },
  };
  return writer;
}

/** Some deliveries that nobody else is changing. */
function someOf(ids: readonly string[], writers: readonly Writer[], dice: () => number): string[] {
  const held = new Set(writers.flatMap((writer) => writer.held));
  const share = dice() ** 3 / 3;
  return ids.filter((id) => !held.has(id) && dice() < share);
}

/** A Tendril with deliveries that nothing but the test changes. */
async function withDeliveries(env: Env): Promise<{ env: Env; tendril: Tendril; ids: string[] }> {
  const tendril = await startTendril(env);
  await subscribe(tendril, { endpointUrl: 'http://127.0.0.1:9999/', eventTypes: ['*'], status: 'INACTIVE' });
  for (let hundred = 0; hundred < most / 100; hundred += 1) await publishHundred(tendril);
  return { env, tendril, ids: await deliveryIds(tendril, {}) };
}

async function publishHundred(tendril: Tendril, eventType = type): Promise<void> {
  const events = Array.from({ length: 100 }, () => ({ type: eventType, payload: 0 }));
  const { publishEvents } = await tendril.http().request(PublishEventsDocument, { events });
  expect(publishEvents.flatMap(({ userErrors }) => userErrors)).toEqual([]);
}

/** The cursor of a delivery that is born for it. */
async function firstCursor(tendril: Tendril): Promise<string> {
  const search = await publish(tendril, type);
  const { deliveries } = await tendril
    .http()
    .request<{ deliveries: { nodes: { cursor: string }[] } }>(
      'query ($search: String!) { deliveries(filter: { search: $search }) { nodes { cursor } } }',
      { search },
    );
  return deliveries.nodes[0]?.cursor ?? '';
}

/** How often each delivery was changed, of those that were. */
async function attemptCounts(env: Env): Promise<ReadonlyMap<string, number>> {
  const client = await connect(env);
  const { rows } = await client.query(`SELECT id, attempt_count FROM delivery WHERE attempt_count > 0`);
  return new Map(rows.map(({ id, attempt_count }) => [id, attempt_count]));
}

function isSame(latest: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): boolean {
  const byUuid = new Map([...latest].map(([id, count]) => [fromTypeId('dlv', id), count]));
  return [...expected].every(([uuid, count]) => byUuid.get(uuid) === count);
}

async function listen(env: Env): Promise<string[]> {
  const client = await connect(env);
  const told: string[] = [];
  client.on('notification', ({ payload }) => told.push(payload ?? ''));
  await client.query('LISTEN delivery_changed');
  return told;
}

async function connect({ DATABASE_URL: connectionString }: Env): Promise<Client> {
  const client = new Client({ connectionString });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}
