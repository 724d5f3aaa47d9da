import { parseArgs } from 'node:util';
import { thisVersion } from '../support/spawn-tendril.js';
import { runKillTest } from './run.js';
import { scheduleOf, upgradeScheduleOf } from './schedule.js';

const usage =
  'npm run test:kill -- --seed N (or N-M, one run after the other) [--long] [--upgrade-from FOLDER, an older checkout that has been built]';

interface Asked {
  readonly seed: number;
  readonly waitsForLeases: boolean;
  /** The folder of the version before, where an upgrade from it is asked for. */
  readonly upgradeFrom: string | undefined;
  readonly ending: AbortSignal;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { seed: { type: 'string' }, long: { type: 'boolean' }, 'upgrade-from': { type: 'string' } },
  });
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(values.seed ?? '') ?? [];
  if (first === undefined || last === undefined) {
    console.error(usage);
    return 1;
  }
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
  const asked = { waitsForLeases: values.long ?? false, upgradeFrom: values['upgrade-from'] };
  const failed: number[] = [];
  for (let seed = Number(first); seed <= Number(last) && !ending.signal.aborted; seed++)
    if (!(await isFine({ ...asked, seed, ending: ending.signal }))) failed.push(seed);
  if (failed.length > 0) console.log(`found something with ${failed.join(', ')}`);
  return failed.length > 0 ? 1 : 0;
}

async function isFine({ seed, waitsForLeases, upgradeFrom, ending }: Asked): Promise<boolean> {
  console.log(`seed ${seed}`);
  const startedMs = Date.now();
  const isUpgrade = upgradeFrom !== undefined;
  const { folder } = await runKillTest({
    seed,
    schedule: isUpgrade ? upgradeScheduleOf(seed) : scheduleOf(seed),
    upgrade: isUpgrade ? { before: { folder: upgradeFrom, preloads: [] }, after: thisVersion } : undefined,
    waitsForLeases,
    tell: (line) => console.log(line),
    ending,
  });
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
  console.log(`  ${seconds} s, ${folder === undefined ? 'nothing found' : `see ${folder}`}`);
  return folder === undefined;
}

process.exit(await main());
