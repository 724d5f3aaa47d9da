import { cpus } from 'node:os';
import { addEndpoints } from './add-endpoints.js';
import type { Benchmark } from './benchmark.js';
import type { Figure } from './figure.js';
import { fillBacklog } from './fill-backlog.js';
import type { PublishReport } from './publisher.js';
import { slowPath, slowSeconds } from './receiver-paths.js';
import type { Stage } from './stage.js';
import { untilAllReceived } from './until-all-received.js';
import { untilDrained } from './until-drained.js';

const benchmark = 'two-of-each';
const connections = 2;
const batch = 250;
const warmUpSeconds = 2;
const quickEndpoints = 16;
// As many as fill a worker's 1,024 slots by 32 each, and four times that many deliveries.
const slowEndpoints = 32;
const slowEvents = 128;

/** Two API processes and two workers beside one of each, on the same stores: where CPU time bounds them, and where it does not. */
export const twoOfEach: Benchmark = {
  name: benchmark,
  async run(stage) {
    await stage.stopTendril();
    const { urls, key } = await stage.fleetKeeper.call('run', { each: 1 });
    const target = { url: urls[0] ?? '', key };
    const quickUrls = await stage.receiver.call('urls', { count: quickEndpoints });
    const quick = (await addEndpoints(target, 'quick', quickUrls)).map(({ eventType }) => eventType);
    const slowUrls = await stage.receiver.call('urls', { count: slowEndpoints });
    await addEndpoints(
      target,
      slowPath,
      slowUrls.map((url, index) => `${url}${slowPath}/${index}`),
    );
    const one = { quick: await quickRate(stage, 1, quick), slow: await slowRate(stage, 1) };
    const two = { quick: await quickRate(stage, 2, quick), slow: await slowRate(stage, 2) };
    const again = await quickRate(stage, 1, quick);
    return [...quickFigures([one.quick, again], two.quick), ...slowFigures(one.slow, two.slow)];
  },
};

interface Rate {
  /** Deliveries a second. */
  readonly rate: number;
  /** CPU time a delivery, of all Tendrils and their stores. */
  readonly cpuMs: number;
}

/** Batches from two publishers, each at an API process of its own where there are two. */
async function quickRate(stage: Stage, each: number, eventTypes: readonly string[]): Promise<Rate> {
  const { urls, key } = await stage.fleetKeeper.call('run', { each });
  const publish = (seconds: number) => {
    const publishers = [stage.publisher, stage.otherPublisher];
    return Promise.all(
      publishers.map((publisher, index) => {
        const url = urls[index % urls.length] ?? '';
        return publisher.call('closedLoop', { url, key, connections, batch, eventTypes, seconds });
      }),
    );
  };
  await stage.receiver.call('empty', undefined);
  await untilAllReceived(stage.receiver, idsOf(await publish(warmUpSeconds)));
  await stage.receiver.call('empty', undefined);
  const cpuBefore = (await stage.fleetKeeper.call('cpuMs', undefined)) ?? Number.NaN;
  const reports = await publish(stage.seconds);
  const received = await untilAllReceived(stage.receiver, idsOf(reports));
  if (received.lost + received.doubled > 0)
    throw new Error(`${received.lost} events were lost and ${received.doubled} doubled.`);
  const cpuMs = ((await stage.fleetKeeper.call('cpuMs', undefined)) ?? Number.NaN) - cpuBefore;
  const tookMs = received.lastAtMs - Math.min(...reports.map(({ startedAtMs }) => startedAtMs));
  return { rate: (received.ids.length / tookMs) * 1000, cpuMs: cpuMs / received.ids.length };
}

/** A backlog of endpoints that take seconds to answer: the workers' slots are what bounds it, and hardly any CPU time is used. */
async function slowRate({ receiver, fleetKeeper }: Stage, each: number): Promise<number> {
  const { postgresUrl } = await fleetKeeper.call('run', { each });
  await receiver.call('empty', undefined);
  await fillBacklog(postgresUrl, slowPath, slowEvents);
  const count = slowEvents * slowEndpoints;
  const came = await untilDrained(receiver, count);
  if (came < count) throw new Error(`${count - came} of ${count} deliveries did not come.`);
  const { firstAtMs, lastAtMs } = await receiver.call('received', undefined);
  // The last ones still hold their slots for so long.
  const tookMs = lastAtMs - (firstAtMs[0] ?? Number.NaN) + slowSeconds * 1000;
  // And are over before the next ones are counted.
  await new Promise((resolve) => setTimeout(resolve, 2 * slowSeconds * 1000));
  return (count / tookMs) * 1000;
}

function idsOf(reports: readonly PublishReport[]): string[] {
  return reports.flatMap(({ ids }) => ids);
}

function quickFigures(one: readonly Rate[], two: Rate): Figure[] {
  const rate = one.reduce((sum, each) => sum + each.rate, 0) / one.length;
  const most = (cpus().length * 1000) / two.cpuMs;
  return [
    {
      benchmark,
      what: 'one of each, batches of 250',
      value: rate,
      unit: 'a second',
      note: one.map((each) => Math.round(each.rate)).join(' before, '),
    },
    {
      benchmark,
      what: 'two of each, batches of 250',
      value: two.rate,
      unit: 'a second',
      note: `${two.cpuMs.toFixed(2)} ms of CPU time each: ${Math.round(most)} a second at most on ${cpus().length} cores`,
    },
    { benchmark, what: 'two of each beside one of each', value: two.rate / rate, unit: 'times' },
  ];
}

function slowFigures(one: number, two: number): Figure[] {
  return [
    {
      benchmark,
      what: `two of each beside one, endpoints that take ${slowSeconds} s`,
      value: two / one,
      unit: 'times',
      target: { atLeast: 1.5 },
    },
  ];
}
