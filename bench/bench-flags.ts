import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface BenchFlags {
  /** Names of benchmarks; undefined: all. */
  readonly only: readonly string[] | undefined;
  readonly seconds: number;
  /** How many due deliveries the benchmark of that name begins with. */
  readonly backlog: number;
  /** Where the figures go as JSON; undefined: nowhere. */
  readonly json: string | undefined;
  /** A folder for a CPU profile of Tendril's process; undefined: none is made. */
  readonly cpuProf: string | undefined;
}

const defaultSeconds = 8;
const mostSeconds = 600;
const defaultBacklog = 100_000;
const mostBacklog = 10_000_000;

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
  const seconds = given.seconds === undefined ? defaultSeconds : Number(given.seconds);
  const unknown = (only ?? []).filter((name) => !names.includes(name));
  const faults = unknown.map(
    (name) => `--only: there is no benchmark "${name}"; there are ${names.join(', ')}.`,
  );
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > mostSeconds) {
    faults.push(`--seconds: "${given.seconds}" is not a whole number from 1 to ${mostSeconds}.`);
  }
  const backlog = given.backlog === undefined ? defaultBacklog : Number(given.backlog);
  if (!Number.isInteger(backlog) || backlog < 1000 || backlog > mostBacklog) {
    faults.push(`--backlog: "${given.backlog}" is not a whole number from 1000 to ${mostBacklog}.`);
  }
  if (given.json === '') faults.push('--json: the name of a file is missing.');
  if (given['cpu-prof'] === '') faults.push('--cpu-prof: the name of a folder is missing.');
  const { json, 'cpu-prof': cpuProf } = given;
  return faults.length > 0 ? { faults } : { only, seconds, backlog, json, cpuProf };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = { only: text, seconds: text, backlog: text, json: text, 'cpu-prof': text };
  return parseArgs({ args: [...args], options }).values;
}
