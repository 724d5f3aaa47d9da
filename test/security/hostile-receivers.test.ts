import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { fromTypeId } from '../../src/storage/typeid.js';
import { eventually } from '../support/eventually.js';
import {
  type HostileReceiver,
  hostileCertificates,
  startHostileReceivers,
} from '../support/hostile-receivers.js';
import { newEventType, publish, publishMany, subscribe } from '../support/main-operations.js';
import { startReceiver } from '../support/receiver.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { type Env, freshEnv, startTendrilProcess, type TendrilProcess } from '../support/tendril.js';

/** HOSTILE_TIMES=1000 is the size that the promise about memory is made for; it takes some minutes. */
const times = Number(process.env.HOSTILE_TIMES ?? 5);
const isWhole = times >= 1000;
// So many events at once.
const wave = 25;
const subscriptionsEach = Math.ceil(times / 250);
// Those that never end are not waited for long; the others get time enough for a machine that has other work.
const timeoutOf = ({ outcome }: HostileReceiver) => (outcome === 'TIMED_OUT' ? 2 : 15);
// Beyond the timeout: what a machine with other work is late in looking at the clock.
const latenessMs = 2_000;
const maxGrowthMb = 20;
// Until a process that has nothing to do has given back what it does not need.
const quietMs = 40_000;
// Far more than it takes: the receivers that pour share a process with the healthy one.
const healthyWithinMs = 20_000;

test('each of the modes of harm ends inside the timeout with the right outcome, a healthy endpoint is served meanwhile, and memory stays', {
  timeout: 60_000 + times * 2_000,
}, async () => {
  const env = await environment();
  const tendril = await startTendrilProcess(env);
  const receivers = await startHostileReceivers();
  const type = await newEventType(tendril);
  const modeOf = new Map<string, HostileReceiver>();
  for (const receiver of receivers)
    for (let n = 0; n < subscriptionsEach; n++) {
      const { id } = await subscribe(tendril, {
        endpointUrl: receiver.url,
        eventTypes: [type],
        retryPolicy: { scheduleSeconds: [86_400] },
        timeoutSeconds: timeoutOf(receiver),
      });
      modeOf.set(fromTypeId('wsub', id) ?? '', receiver);
    }
  const healthy = await startHealthy(tendril);
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  const attemptCount = async () =>
    Number(
      (
        await client.query('SELECT count(*) FROM attempt a WHERE a.subscription_id = ANY ($1)', [
          [...modeOf.keys()],
        ])
      ).rows[0].count,
    );

  let wanted = 0;
  const sendToAll = async (events: number) => {
    for (let done = 0; done < events; done += wave) {
      const count = Math.min(wave, events - done);
      await publishMany(tendril, type, count);
      wanted += modeOf.size * count;
      await eventually(
        async () => {
          await healthy.isServed();
          return (await attemptCount()) === wanted;
        },
        60_000,
        () => `not all of ${wanted} attempts were made`,
      );
    }
  };
  const events = Math.ceil(times / subscriptionsEach);
  const atFirst = await residentMb(tendril);
  // What so many answers at once need is compiled and taken by the first of them; what is lost would be lost by all.
  if (isWhole) await sendToAll(wave);
  const before = await residentMb(tendril);
  await sendToAll(events);
  const growth = (await residentMb(tendril)) - before;
  const growths = `${(before - atFirst).toFixed(1)} MB by a wave and ${growth.toFixed(1)} MB by all`;
  console.log(`${times} of each: from ${atFirst.toFixed(0)} MB, ${growths}; ${healthy.summary()}`);
  const { rows } = await client.query<Recorded>(recorded);
  await client.end();

  const made = rows.filter(({ subscription_id }) => modeOf.has(subscription_id));
  expect(made.length).toBe(modeOf.size);
  for (const { subscription_id, outcomes, errors, longest } of made) {
    const receiver = modeOf.get(subscription_id);
    if (!receiver) continue;
    const { mode, outcome, error } = receiver;
    expect([mode, ...outcomes]).toEqual([mode, outcome]);
    expect([mode, errors.length]).toEqual([mode, error === undefined ? 0 : 1]);
    expect(errors[0] ?? '').toContain(error ?? '');
    expect([mode, longest <= timeoutOf(receiver) * 1000 + latenessMs]).toEqual([mode, true]);
  }
  expect(tendril.process.exitCode).toBeNull();
  if (isWhole) expect(growth).toBeLessThanOrEqual(maxGrowthMb);
});

interface Recorded {
  readonly subscription_id: string;
  readonly outcomes: string[];
  readonly errors: string[];
  readonly longest: number;
}

const recorded = `SELECT subscription_id, array_agg(DISTINCT outcome) AS outcomes, max(duration_ms) AS longest,
  coalesce(array_agg(DISTINCT error) FILTER (WHERE error IS NOT NULL), '{}') AS errors FROM attempt GROUP BY subscription_id`;

/** Settings for a Tendril that trusts the hostile receivers' certificates. */
async function environment(): Promise<Env> {
  const file = join(await temporaryFolder(), 'certificates.pem');
  await writeFile(
    file,
    Object.values(hostileCertificates)
      .map(({ cert }) => cert)
      .join(''),
  );
  return freshEnv({ NODE_EXTRA_CA_CERTS: file });
}

/** An endpoint as they should be, and how long its deliveries take. */
async function startHealthy(tendril: TendrilProcess) {
  const receiver = await startReceiver();
  const type = await newEventType(tendril);
  await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  const took: number[] = [];
  return {
    /** Publishes an event and waits until it has come. */
    async isServed() {
      const startedMs = performance.now();
      await publish(tendril, type);
      await receiver.waitFor(took.length + 1, healthyWithinMs);
      took.push(performance.now() - startedMs);
    },
    summary: () =>
      `${took.length} healthy deliveries in ${Math.max(...took).toFixed(0)} ms at most, ${took.toSorted((a, b) => a - b)[took.length >> 1]?.toFixed(0)} ms in the middle`,
  };
}

/** The resident memory of a process that is quiet, from outside; 0 where the system does not tell. */
async function residentMb({ process: { pid } }: TendrilProcess): Promise<number> {
  if (isWhole) await setTimeout(quietMs);
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
}
