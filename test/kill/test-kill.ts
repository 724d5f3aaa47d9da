import { parseArgs } from 'node:util';
import { runKillTest } from './run.js';

const usage = 'npm run test:kill -- --seed N (or N-M, one run after the other) [--long]';

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { seed: { type: 'string' }, long: { type: 'boolean' } } });
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(values.seed ?? '') ?? [];
  if (first === undefined || last === undefined) {
    console.error(usage);
    return 1;
  }
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
  const failed: number[] = [];
  for (let seed = Number(first); seed <= Number(last) && !ending.signal.aborted; seed++) {
    console.log(`seed ${seed}`);
    const startedMs = Date.now();
    const waitsForLeases = values.long ?? false;
    const tell = (line: string) => console.log(line);
    const { folder } = await runKillTest({ seed, waitsForLeases, tell, ending: ending.signal });
    const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
    if (folder !== undefined) failed.push(seed);
    console.log(`  ${seconds} s, ${folder === undefined ? 'nothing found' : `see ${folder}`}`);
  }
  if (failed.length > 0) console.log(`found something with ${failed.join(', ')}`);
  return failed.length > 0 ? 1 : 0;
}

process.exit(await main());
