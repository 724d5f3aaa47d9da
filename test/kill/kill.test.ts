import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';
import { thisVersion } from '../support/spawn-tendril.js';
import { type RunOptions, runKillTest } from './run.js';
import { inBrief, scheduleOf, upgradeScheduleOf } from './schedule.js';

// Between them these seeds bring about every fault but SIGTERM, which the upgrade sends to each process.
const seeds = [3, 35, 37, 58, 116];
// Many times what a run takes, for a machine that has other things to do.
const timeout = 240_000;
const nextVersion = {
  folder: '.',
  preloads: [fileURLToPath(new URL('planted-migration.ts', import.meta.url))],
};

async function expectNothingFound(
  options: Pick<RunOptions, 'seed' | 'schedule' | 'upgrade' | 'ending'>,
): Promise<void> {
  const lines: string[] = [];
  const tell = (line: string) => void lines.push(line);
  const { findings, folder } = await runKillTest({ ...options, waitsForLeases: false, tell });
  const violated = findings.filter(({ violations }) => violations.length > 0);
  expect(violated, `${lines.join('\n')}\nsee ${folder}`).toEqual([]);
}

test.skipIf(inject('mongoUrl') === undefined).for(seeds)(
  'seed %i: nothing that was acknowledged is lost, whatever is killed',
  { timeout },
  (seed, { signal }) => expectNothingFound({ seed, schedule: inBrief(scheduleOf(seed)), ending: signal }),
);

test.skipIf(inject('mongoUrl') === undefined)(
  'nothing is lost while a next version is put in the place of this one, and brings the tables up to date',
  { timeout },
  ({ signal }) =>
    expectNothingFound({
      seed: 1,
      schedule: inBrief(upgradeScheduleOf(1)),
      ending: signal,
      upgrade: { before: thisVersion, after: nextVersion },
    }),
);
