import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The built Tendril (dist/) in a process of its own. */
export interface SpawnedTendril {
  readonly process: ChildProcess;
  /** What it has logged, one JSON object a line. */
  readonly log: readonly string[];
  /** Where it is reached, once it runs; fails where it ends before. */
  readonly url: Promise<string>;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** What is started: a checkout that has been built, and modules to load before its own. */
export interface Version {
  readonly folder: string;
  readonly preloads: readonly string[];
}

/** The Tendril of this checkout as it is. */
export const thisVersion: Version = { folder: '.', preloads: [] };

/** Starts a Tendril with these settings alone. */
export function spawnTendril(
  env: Readonly<Record<string, string>>,
  { folder, preloads }: Version = thisVersion,
): SpawnedTendril {
  const args = [...preloads.flatMap((file) => ['--import', file]), join(folder, 'dist/src/main.js')];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  const log: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  const url = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /^Health +(\S+)\/health\/ready/.exec(line);
      if (found?.[1]) resolve(found[1]);
    });
    void ended.then((how) => reject(new Error(`Tendril ended with ${how}: ${log.join('\n')}`)));
  });
  url.catch(() => undefined); // whoever waits for it is told
  return { process: child, log, url, ended };
}
