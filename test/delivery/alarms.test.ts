import { pino } from 'pino';
import { test as base, describe, type ExpectStatic } from 'vitest';
import { type Alarms, openAlarms } from '../../src/deliveries/alarms/alarms.js';
import { type JobStoreUnderTest, jobStoreKinds } from '../support/job-stores.js';

const SOON = { timeout: 5000, interval: 10 };

for (const { kind, open } of jobStoreKinds()) {
  // Most of a test's time is waiting for seconds to pass, and each has a store of its own.
  describe.skipIf(open === undefined)(`alarms on ${kind}`, { concurrent: true }, () => alarmsOn(kind, open));
}

interface Fixtures {
  under: JobStoreUnderTest;
  logged: { msg: string }[];
  /** Opens alarms on the store, as one more process would. */
  openOne: () => Promise<Alarms>;
  /** Drains that run until they are released. */
  held: { running: number; most: number; started: number; drain: () => Promise<void>; release: () => void };
}

function alarmsOn(kind: string, open: (() => Promise<JobStoreUnderTest>) | undefined): void {
  const isHeardByOthers = kind !== 'MongoDB alone';
  const test = base.extend<Fixtures>({
    under: async ({ task: _ }, use) => {
      if (open === undefined) throw new Error('there is no such job store');
      const under = await open();
      await use(under);
      await under.close();
    },
    logged: async ({ task: _ }, use) => use([]),
    openOne: async ({ under, logged, held }, use) => {
      const opened: Alarms[] = [];
      const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
      await use(async () => {
        const alarms = await openAlarms(under.store, log);
        opened.push(alarms);
        return alarms;
      });
      held.release();
      await Promise.all(opened.map((alarms) => alarms.stop()));
    },
    held: async ({ task: _ }, use) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const held: Fixtures['held'] = {
        running: 0,
        most: 0,
        started: 0,
        release: resolve,
        async drain() {
          held.started += 1;
          held.running += 1;
          held.most = Math.max(held.most, held.running);
          await promise;
          held.running -= 1;
        },
      };
      await use(held);
    },
  });

  test('what is due starts a drain at once, and its job is gone afterwards', async ({
    under,
    openOne,
    expect,
  }) => {
    const alarms = await openOne();
    const drains = countedDrains();
    await alarms.work(drains.drain);
    await atOneOfSomeTries(expect, async () => {
      const [setAtMs, before] = [Date.now(), drains.startedAtMs.length];
      await alarms.set([new Date()]);
      await expect.poll(() => drains.startedAtMs.length, SOON).toBe(before + 1);
      await expect.poll(under.jobs, SOON).toEqual([]);
      return Number(drains.startedAtMs[before]) < endOfSecondMs(setAtMs);
    });
  });

  test('an alarm for later starts a drain at its second, rounded up, and not before', async ({
    under,
    openOne,
    expect,
  }) => {
    const alarms = await openOne();
    const drains = countedDrains();
    await alarms.work(drains.drain);
    const dueAtMs = Date.now() + 1200;
    await alarms.set([new Date(dueAtMs)]);
    const secondMs = Math.ceil(dueAtMs / 1000) * 1000;
    expect(await under.jobs()).toEqual([
      { name: 'deliver', data: { moment: new Date(secondMs).toISOString() }, isLocked: false },
    ]);
    await expect.poll(() => drains.startedAtMs.length, SOON).toBe(1);
    expect(drains.startedAtMs[0]).toBeGreaterThanOrEqual(secondMs);
    expect(drains.startedAtMs[0]).toBeLessThan(secondMs + 900);
  });

  test('an alarm that is not due keeps no worker from one that is', async ({ openOne, expect }) => {
    const alarms = await openOne();
    const drains = countedDrains();
    await alarms.work(drains.drain);
    await atOneOfSomeTries(expect, async () => {
      const [laterMs, before] = [endOfSecondMs(Date.now()) + 1000, drains.startedAtMs.length];
      await alarms.set([new Date(laterMs)]);
      // By then a worker has looked, less than a second before the later one.
      await expect.poll(() => laterMs - Date.now(), SOON).toBeLessThan(750);
      await alarms.set([new Date()]);
      await expect.poll(() => drains.startedAtMs.length, SOON).toBe(before + 2);
      const [first, second] = drains.startedAtMs.slice(before);
      expect(second).toBeGreaterThanOrEqual(laterMs);
      return Number(first) < laterMs;
    });
  });

  test('a moment that twenty instances set at once makes one job', async ({ under, openOne, expect }) => {
    const instances = await Promise.all(Array.from({ length: 20 }, openOne));
    const inAMinuteMs = Math.floor(Date.now() / 1000) * 1000 + 60_000;
    const dueAt = [0, 1, 999, 1000].map((ms) => new Date(inAMinuteMs + ms));
    // On a busy machine one that finds the store slow lets it be.
    const jobsOnceSet = async () => {
      await Promise.all(instances.map((alarms) => alarms.set(dueAt)));
      return (await under.jobs()).map(({ data }) => data);
    };
    await expect
      .poll(jobsOnceSet, { ...SOON, timeout: 20_000 })
      .toEqual([
        { moment: new Date(inAMinuteMs).toISOString() },
        { moment: new Date(inAMinuteMs + 1000).toISOString() },
      ]);
  });

  test('thousands of moments are set in one call', async ({ under, openOne, expect }) => {
    const alarms = await openOne();
    const fromMs = Date.now() + 3_600_000;
    await alarms.set(Array.from({ length: 3000 }, (_, index) => new Date(fromMs + index * 1000)));
    expect(await under.jobs()).toHaveLength(3000);
  });

  test('each alarm is taken by one of two workers', async ({ under, logged, openOne, expect }) => {
    const workers = [await openOne(), await openOne()];
    const drains = countedDrains();
    for (const alarms of workers) await alarms.work(drains.drain);
    const nowMs = Date.now();
    const dueAt = [1000, 2000, 3000].map((ms) => new Date(nowMs + ms));
    await Promise.all(workers.map((alarms) => alarms.set(dueAt)));
    await expect.poll(() => drains.startedAtMs.length, SOON).toBe(3);
    await expect.poll(under.jobs, SOON).toEqual([]);
    expect(drains.startedAtMs).toHaveLength(3);
    expect(logged).toEqual([]);
  });

  test.runIf(isHeardByOthers)(
    'an alarm that another process set starts a drain before the next poll',
    async ({ openOne, expect }) => {
      const [setter, worker] = [await openOne(), await openOne()];
      const drains = countedDrains();
      await worker.work(drains.drain);
      // The first may come before the worker listens; the one of the next second may not.
      await setter.set([new Date()]);
      await expect.poll(() => drains.startedAtMs.length, SOON).toBe(1);
      const nextSecondMs = endOfSecondMs(Date.now());
      await expect.poll(() => Date.now(), SOON).toBeGreaterThan(nextSecondMs);
      await justAfterASecond(expect, 200);
      const setAtMs = Date.now();
      await setter.set([new Date()]);
      await expect.poll(() => drains.startedAtMs.length, SOON).toBe(2);
      expect(drains.startedAtMs[1]).toBeLessThan(endOfSecondMs(setAtMs));
    },
  );

  test('one drain runs at a time, and is woken by what is set due meanwhile', async ({
    openOne,
    held,
    expect,
  }) => {
    const alarms = await openOne();
    let wakes = 0;
    await alarms.work(held.drain, () => {
      wakes += 1;
    });
    await alarms.set([new Date()]);
    await expect.poll(() => held.running, SOON).toBe(1);
    await alarms.set([new Date()]);
    expect(wakes).toBeGreaterThan(0);
    expect(held.most).toBe(1);
    held.release();
  });

  test('where nothing wakes it, a drain is followed by another when something was set due meanwhile', async ({
    openOne,
    held,
    expect,
  }) => {
    const alarms = await openOne();
    await alarms.work(held.drain);
    await alarms.set([new Date()]);
    await expect.poll(() => held.running, SOON).toBe(1);
    await alarms.set([new Date()]);
    held.release();
    await expect.poll(() => held.started, SOON).toBe(2);
    expect(held.most).toBe(1);
  });

  test('alarms that nobody came for are taken by the drain that runs, which looks again', async ({
    under,
    openOne,
    held,
    expect,
  }) => {
    const [alarms, setter] = [await openOne(), await openOne()];
    let wakes = 0;
    await alarms.work(held.drain, () => {
      wakes += 1;
    });
    await alarms.set([new Date()]);
    await expect.poll(() => held.running, SOON).toBe(1);
    await setter.set([new Date(Date.now() + 1000)]);
    wakes = 0;
    await expect.poll(async () => (await under.jobs()).filter(({ isLocked }) => !isLocked), SOON).toEqual([]);
    await expect.poll(() => wakes, SOON).toBeGreaterThan(0);
    held.release();
    expect(held.started).toBe(1);
  });

  test('a drain that throws is logged once, leaves no job behind, and the next alarm is taken', async ({
    under,
    logged,
    openOne,
    expect,
  }) => {
    const alarms = await openOne();
    let drains = 0;
    await alarms.work(() => {
      drains += 1;
      return Promise.reject(new Error('planted'));
    });
    await alarms.set([new Date()]);
    await expect.poll(() => drains, SOON).toBe(1);
    await expect.poll(under.jobs, SOON).toEqual([]);
    expect(logged.map(({ msg }) => msg)).toEqual(['A drain failed']);
    await alarms.set([new Date(Date.now() + 100)]);
    await expect.poll(() => drains, SOON).toBe(2);
  });

  test('stop waits for the running drain, which may still set alarms, and takes no more', async ({
    under,
    openOne,
    held,
    expect,
  }) => {
    const [alarms, other] = [await openOne(), await openOne()];
    await alarms.work(held.drain);
    await alarms.set([new Date()]);
    await expect.poll(() => held.running, SOON).toBe(1);
    let isStopped = false;
    const stopping = alarms.stop().then(() => {
      isStopped = true;
    });
    await other.set([new Date(Date.now() + 1000)]);
    const inAMinute = new Date(Date.now() + 60_000);
    await alarms.set([inAMinute]);
    expect(isStopped).toBe(false);
    held.release();
    await stopping;
    expect(held.started).toBe(1);
    const left = await under.jobs();
    expect(left).toHaveLength(2);
    expect(left.every(({ isLocked }) => !isLocked)).toBe(true);
  });

  test('the job that a killed worker has locked holds up no other second', async ({
    under,
    openOne,
    expect,
  }) => {
    const alarms = await openOne();
    const drains = countedDrains();
    const lastSecond = new Date(Math.floor(Date.now() / 1000) * 1000 - 1000);
    await under.plantLockedJob(lastSecond);
    await alarms.work(drains.drain);
    await alarms.set([new Date()]);
    await expect.poll(() => drains.startedAtMs.length, SOON).toBe(1);
    await expect.poll(under.jobs, SOON).toHaveLength(1);
    expect((await under.jobs())[0]?.isLocked).toBe(true);
  });

  test('a store that is away at the start is used when it comes', async ({
    under,
    logged,
    openOne,
    expect,
  }) => {
    await under.proxy.cut();
    const alarms = await openOne();
    const drains = countedDrains();
    await alarms.work(drains.drain);
    expect(alarms.isUp()).toBe(false);
    await alarms.set([new Date()]);
    await under.proxy.mend();
    await expect.poll(() => alarms.isUp(), SOON).toBe(true);
    await alarms.set([new Date()]);
    await expect.poll(() => drains.startedAtMs.length, SOON).toBe(1);
    expect(logged.map(({ msg }) => msg)).toEqual([
      'The job store does not answer; deliveries go on without alarms',
      'The job store answers',
    ]);
  });

  test('a store that goes away is told from one that is up, holds nobody up, and is used again when it is back', async ({
    under,
    openOne,
    expect,
  }) => {
    const alarms = await openOne();
    const drains = countedDrains();
    await alarms.work(drains.drain);
    await alarms.set([new Date()]);
    await expect.poll(() => drains.startedAtMs.length, SOON).toBe(1);
    await expect.poll(under.jobs, SOON).toEqual([]);

    await under.proxy.cut();
    await alarms.set([new Date()]);
    await expect.poll(() => alarms.isUp(), SOON).toBe(false);
    const setAtMs = Date.now();
    await alarms.set([new Date(), new Date(setAtMs + 60_000)]);
    expect(Date.now() - setAtMs).toBeLessThan(100);

    await under.proxy.mend();
    await expect.poll(() => alarms.isUp(), SOON).toBe(true);
    const before = drains.startedAtMs.length;
    await alarms.set([new Date()]);
    await expect.poll(() => drains.startedAtMs.length, SOON).toBeGreaterThan(before);
  });

  test('a drain outlives the store, and its process takes alarms again', async ({
    under,
    openOne,
    held,
    expect,
  }) => {
    const alarms = await openOne();
    await alarms.work(held.drain);
    await alarms.set([new Date()]);
    await expect.poll(() => held.running, SOON).toBe(1);
    await under.proxy.cut();
    await expect.poll(() => alarms.isUp(), SOON).toBe(false);
    held.release();
    await under.proxy.mend();
    await expect.poll(() => alarms.isUp(), SOON).toBe(true);
    await alarms.set([new Date(Date.now() + 1)]);
    await expect.poll(() => held.started, SOON).toBeGreaterThan(1);
  });

  test('a store that is away does not hold up a stop', async ({ under, openOne, expect }) => {
    const alarms = await openOne();
    await alarms.work(() => Promise.resolve());
    await under.proxy.cut();
    const stopAtMs = Date.now();
    await alarms.stop();
    expect(Date.now() - stopAtMs).toBeLessThan(3000);
  });

  test('jobs that are dropped in mid-run are set again, each once', async ({ under, openOne, expect }) => {
    const [alarms, other] = [await openOne(), await openOne()];
    const drains = countedDrains();
    await alarms.work(drains.drain);
    await alarms.set([new Date()]);
    await expect.poll(() => drains.startedAtMs.length, SOON).toBe(1);
    await expect.poll(under.jobs, SOON).toEqual([]);

    await under.drop();
    await expect
      .poll(async () => {
        await alarms.set([new Date()]);
        return drains.startedAtMs.length;
      }, SOON)
      .toBeGreaterThan(1);
    const inAMinute = [new Date(Date.now() + 60_000)];
    await Promise.all([alarms.set(inAMinute), other.set(inAMinute)]);
    await expect.poll(under.hasUniqueIndex, SOON).toBe(true);
    await expect.poll(under.jobs, SOON).toHaveLength(1);
  });
}

/** A drain that ends at once, and when it was started. */
function countedDrains(): { startedAtMs: number[]; drain: () => Promise<void> } {
  const startedAtMs: number[] = [];
  return {
    startedAtMs,
    drain: () => {
      startedAtMs.push(Date.now());
      return Promise.resolve();
    },
  };
}

/** Begins just after a second. A busy machine may take the rest of that second from one try, but not from each. */
async function atOneOfSomeTries(expect: ExpectStatic, succeeds: () => Promise<boolean>): Promise<void> {
  let tries = 0;
  do {
    expect(tries++).toBeLessThan(8);
    await justAfterASecond(expect, 100);
  } while (!(await succeeds()));
}

// Polls look at whole seconds: what happens between two of them was not started by a poll.
async function justAfterASecond(expect: ExpectStatic, ms: number): Promise<void> {
  await expect
    .poll(() => Date.now() % 1000, { timeout: 2000, interval: 5 })
    .toSatisfy((past: number) => past > ms && past < ms + 100);
}

function endOfSecondMs(timeMs: number): number {
  return Math.ceil((timeMs + 1) / 1000) * 1000;
}
