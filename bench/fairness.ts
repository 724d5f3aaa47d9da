import pg from 'pg';
import { addEndpoints, type OwnEndpoint } from './add-endpoints.js';
import type { Benchmark } from './benchmark.js';
import type { Figure } from './figure.js';
import { percentile } from './percentile.js';
import { failingPath, hangingPath } from './receiver-paths.js';
import type { Stage, TendrilOnStage } from './stage.js';
import { steadyMoments } from './steady-moments.js';
import { untilAllReceived } from './until-all-received.js';

const benchmark = 'fairness';
const endpoints = 100;
const rate = 200;
const timeoutSeconds = 5;
const rounds = 2;

/** A hundred endpoints, of which one hangs and one answers 500 at once: what the others notice of it, in turns with and without them. */
export const fairness: Benchmark = {
  name: benchmark,
  async run(stage) {
    const tendril = await stage.freshTendril();
    const urls = await stage.receiver.call('urls', { count: endpoints - 2 });
    const url = await stage.receiver.call('url', undefined);
    const healthy = await addEndpoints(tendril, 'healthy', urls);
    const bad = await addEndpoints(tendril, 'bad', [url + hangingPath, url + failingPath], {
      timeoutSeconds,
    });
    await delaysOf(stage, tendril, healthy, []);
    const withoutMs: number[] = [];
    const withMs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      withoutMs.push(...(await delaysOf(stage, tendril, healthy, [])));
      await setBadStatus(tendril.postgresUrl, 'ACTIVE');
      withMs.push(...(await delaysOf(stage, tendril, healthy, bad)));
      await setBadStatus(tendril.postgresUrl, 'INACTIVE');
      // What hangs still has its slots until then.
      await new Promise((resolve) => setTimeout(resolve, timeoutSeconds * 1000));
    }
    return figuresOf(withoutMs, withMs);
  },
};

/** From publish to arrival, in milliseconds, at the healthy ones. */
async function delaysOf(
  stage: Stage,
  { url, key }: TendrilOnStage,
  healthy: readonly OwnEndpoint[],
  bad: readonly OwnEndpoint[],
): Promise<number[]> {
  const eventTypes = [...bad, ...healthy].map(({ eventType }) => eventType);
  const momentsMs = steadyMoments(rate, stage.seconds / rounds);
  await stage.receiver.call('empty', undefined);
  const { ids, sentAtMs } = await stage.publisher.call('atMoments', { url, key, eventTypes, momentsMs });
  const wanted = ids.flatMap((id, index) =>
    index % eventTypes.length < bad.length ? [] : [{ id, atMs: sentAtMs[index] ?? Number.NaN }],
  );
  const received = await untilAllReceived(
    stage.receiver,
    wanted.map(({ id }) => id),
  );
  if (received.lost > 0) throw new Error(`${received.lost} deliveries to healthy endpoints did not come.`);
  const arrivedAtMs = new Map(received.ids.map((id, index) => [id, received.firstAtMs[index] ?? Number.NaN]));
  return wanted.map(({ id, atMs }) => (arrivedAtMs.get(id) ?? Number.NaN) - atMs);
}

async function setBadStatus(postgresUrl: string, status: string): Promise<void> {
  const client = new pg.Client(postgresUrl);
  await client.connect();
  const set = `UPDATE webhook_subscription SET status = $1, revision = revision + 1 WHERE event_types[1] LIKE 'bad.%'`;
  await client.query(set, [status]);
  await client.end();
}

function figuresOf(withoutMs: readonly number[], withMs: readonly number[]): Figure[] {
  const [without, beside] = [percentile(withoutMs, 95), percentile(withMs, 95)];
  const note = `p50: ${percentile(withoutMs, 50).toFixed(1)} without, ${percentile(withMs, 50).toFixed(1)} with`;
  return [
    { benchmark, what: '98 healthy endpoints alone: p95', value: without, unit: 'ms' },
    {
      benchmark,
      what: 'beside one that hangs and one that answers 500: p95',
      value: beside,
      unit: 'ms',
      note,
    },
    {
      benchmark,
      what: 'p95 beside them to p95 alone',
      value: beside / without,
      unit: 'times',
      target: { atMost: 1.2 },
    },
  ];
}
