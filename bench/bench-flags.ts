import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface BenchFlags {
  /** Names of benchmarks; undefined: all. */
  readonly only: readonly string[] | undefined;
  readonly seconds: number;
  /** How many due deliveries the benchmark of that name begins with. */
  readonly backlog: number;
  /** How many deliveries the log has that is read. */
  readonly rows: number;
  /** Where the figures go as JSON; undefined: nowhere. */
  readonly json: string | undefined;
  /** A folder for a CPU profile of Tendril's process; undefined: none is made. */
  readonly cpuProf: string | undefined;
}

// What is meant unless a flag says otherwise, and what it may say.
const numbers = {
  seconds: { usual: 8, least: 1, most: 600 },
  backlog: { usual: 100_000, least: 1000, most: 10_000_000 },
  rows: { usual: 1_000_000, least: 10_000, most: 100_000_000 },
};

/** Reads the flags; gives sentences that say what is wrong with them, all at once. */
export function readBenchFlags(
  args: readonly string[],
  names: readonly string[],
): BenchFlags | { faults: string[] } {
  let given: ReturnType<typeof parse>;
  try {
    given = parse(args);
  } catch (error) {
    return { faults: [error instanceof Error ? error.message : String(error)] };
  }
  const only = given.only?.split(',').map((name) => name.trim());
  const unknown = (only ?? []).filter((name) => !names.includes(name));
  const faults = unknown.map(
    (name) => `--only: there is no benchmark "${name}"; there are ${names.join(', ')}.`,
  );
  const read = (name: keyof typeof numbers) => {
    const { usual, least, most } = numbers[name];
    const value = given[name] === undefined ? usual : Number(given[name]);
    if (!Number.isInteger(value) || value < least || value > most)
      faults.push(`--${name}: "${given[name]}" is not a whole number from ${least} to ${most}.`);
    return value;
  };
  const [seconds, backlog, rows] = [read('seconds'), read('backlog'), read('rows')];
  if (given.json === '') faults.push('--json: the name of a file is missing.');
  if (given['cpu-prof'] === '') faults.push('--cpu-prof: the name of a folder is missing.');
  const { json, 'cpu-prof': cpuProf } = given;
  return faults.length > 0 ? { faults } : { only, seconds, backlog, rows, json, cpuProf };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = { only: text, seconds: text, backlog: text, rows: text, json: text, 'cpu-prof': text };
  return parseArgs({ args: [...args], options }).values;
}
