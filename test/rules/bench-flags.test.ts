import { expect, test } from 'vitest';
import { readBenchFlags } from '../../bench/bench-flags.js';

const names = ['singles', 'batches'];

test('without flags all benchmarks run, for eight seconds each', () => {
  expect(readBenchFlags([], names)).toEqual({
    only: undefined,
    seconds: 8,
    backlog: 100_000,
    rows: 1_000_000,
    json: undefined,
    cpuProf: undefined,
  });
});

test('each flag is read', () => {
  const args = ['--only', 'batches, singles', '--seconds=20', '--backlog', '1000000', '--rows=10000000'];
  args.push('--json', 'out.json', '--cpu-prof', 'profiles');
  expect(readBenchFlags(args, names)).toEqual({
    only: ['batches', 'singles'],
    seconds: 20,
    backlog: 1_000_000,
    rows: 10_000_000,
    json: 'out.json',
    cpuProf: 'profiles',
  });
});

test.each<{ args: string[]; faults: (string | RegExp)[] }>([
  {
    args: ['--only', 'single'],
    faults: ['--only: there is no benchmark "single"; there are singles, batches.'],
  },
  { args: ['--seconds', '0'], faults: ['--seconds: "0" is not a whole number from 1 to 600.'] },
  { args: ['--rows', '9'], faults: ['--rows: "9" is not a whole number from 10000 to 100000000.'] },
  { args: ['--backlog', 'all'], faults: ['--backlog: "all" is not a whole number from 1000 to 10000000.'] },
  { args: ['--seconds', 'ten'], faults: ['--seconds: "ten" is not a whole number from 1 to 600.'] },
  { args: ['--json='], faults: ['--json: the name of a file is missing.'] },
  { args: ['--fast'], faults: [/--fast/] },
  { args: ['singles'], faults: [/singles/] },
  { args: ['--only=x', '--seconds=1.5'], faults: [/benchmark "x"/, /"1.5"/] },
])('$args is told in full sentences, all faults at once', ({ args, faults }) => {
  const read = readBenchFlags(args, names);
  expect('faults' in read ? read.faults : []).toEqual(
    faults.map((fault) => (typeof fault === 'string' ? fault : expect.stringMatching(fault))),
  );
});
