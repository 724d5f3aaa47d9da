import pg from 'pg';
import type { Benchmark } from './benchmark.js';
import type { Figure } from './figure.js';
import { percentile } from './percentile.js';
import { prepareTendril, unheardType } from './prepare-tendril.js';
import type { Stage, TendrilOnStage } from './stage.js';

const benchmark = 'idle-subscriptions';
const idle = 10_000;
const connections = 32;
const sliceSeconds = 0.5;
// The machine's noise is as large as what is looked for ten times over.
const pairsASecond = 4;

/** Publishing in a workspace with ten thousand subscriptions that want nothing of it, beside one without, in turns of half a second. */
export const idleSubscriptions: Benchmark = {
  name: benchmark,
  async run(stage) {
    const tendril = await stage.freshTendril();
    const key = await tendril.addWorkspace(benchmark);
    await prepareTendril({ ...tendril, key }, await stage.receiver.call('url', undefined));
    await addIdle(tendril.postgresUrl);
    const slices = { without: tendril.key, with: key };
    for (const each of Object.values(slices)) await publish(stage, tendril, each);
    const pairs: { without: Slice; with: Slice }[] = [];
    while (pairs.length < stage.seconds * pairsASecond) {
      const isTurned = pairs.length % 2 === 1;
      const first = await publish(stage, tendril, isTurned ? slices.with : slices.without);
      const second = await publish(stage, tendril, isTurned ? slices.without : slices.with);
      pairs.push(isTurned ? { without: second, with: first } : { without: first, with: second });
    }
    return figuresOf(pairs);
  },
};

interface Slice {
  /** Publishes a second. */
  readonly rate: number;
  /** CPU time a publish, of all of Tendril's processes. */
  readonly cpuMs: number;
}

async function publish({ publisher }: Stage, tendril: TendrilOnStage, key: string): Promise<Slice> {
  const before = (await tendril.cpuMs()) ?? Number.NaN;
  const loop = {
    url: tendril.url,
    key,
    connections,
    batch: 1,
    eventTypes: [unheardType],
    seconds: sliceSeconds,
  };
  const { ids, startedAtMs, endedAtMs } = await publisher.call('closedLoop', loop);
  const cpuMs = ((await tendril.cpuMs()) ?? Number.NaN) - before;
  return { rate: (ids.length / (endedAtMs - startedAtMs)) * 1000, cpuMs: cpuMs / ids.length };
}

function figuresOf(pairs: readonly { without: Slice; with: Slice }[]): Figure[] {
  const middle = (pick: (pair: { without: Slice; with: Slice }) => number) => percentile(pairs.map(pick), 50);
  const what = `${idle.toLocaleString('en')} that want nothing`;
  const ratios = pairs.map((pair) => pair.with.rate / pair.without.rate);
  const [low, high] = [25, 75].map((share) => percentile(ratios, share).toFixed(2));
  return [
    {
      benchmark,
      what: 'publishEvent without them',
      value: middle((pair) => pair.without.rate),
      unit: 'a second',
    },
    {
      benchmark,
      what: `publishEvent with ${what}`,
      value: middle((pair) => pair.with.rate),
      unit: 'a second',
    },
    {
      benchmark,
      what: 'with them beside without, median of the pairs',
      value: middle((pair) => pair.with.rate / pair.without.rate),
      unit: 'times',
      target: { atLeast: 0.95 },
      note: `of ${pairs.length} pairs the middle half ${low} to ${high}`,
    },
    {
      benchmark,
      what: 'CPU time a publish with them beside without, median of the pairs',
      value: middle((pair) => pair.with.cpuMs / pair.without.cpuMs),
      unit: 'times',
      target: { atMost: 1.05 },
    },
  ];
}

/** Half of them want another event type, the other half the one that is published, of a customer that it is not of. */
async function addIdle(postgresUrl: string): Promise<void> {
  const client = new pg.Client(postgresUrl);
  await client.connect();
  await client.query(add, [benchmark, idle, unheardType]);
  await client.end();
}

const add = `WITH added AS (
    INSERT INTO webhook_subscription
      (id, workspace_id, endpoint_url, event_types, status, profile, signature_scheme, timeout_seconds, filter)
    SELECT uuidv7(), w.id, 'https://example.com/', ARRAY[CASE n % 2 WHEN 0 THEN 'bench.other' ELSE $3 END], 'ACTIVE', 'STANDARD',
      'HMAC_SHA256', 15, CASE n % 2 WHEN 1 THEN json_build_object('customer.id', 'cus_idle_' || n) END
    FROM workspace w CROSS JOIN generate_series(1, $2::integer) n WHERE w.name = $1
    RETURNING id, workspace_id, event_types
  )
  INSERT INTO subscription_event_type (workspace_id, pattern, subscription_id)
  SELECT workspace_id, event_types[1], id FROM added`;
