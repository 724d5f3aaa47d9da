import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SpawnedTendril, spawnTendril, type Version } from '../support/spawn-tendril.js';
import type { Asked } from './ask-graphql.js';
import type { Journal } from './history.js';

/** A Tendril process with a name, which is started again after it has ended. */
export interface KillTendril {
  readonly name: string;
  readonly role: 'api' | 'worker' | 'all';
  /** Where it is asked; undefined while it is down or stopped. */
  asked(): Asked | undefined;
  start(): Promise<void>;
  /** Has it start as this version from now on. */
  become(version: Version): void;
  /** Whether it has logged this since it was started. */
  hasSaid(words: string): boolean;
  /** Sends a signal; one that ends the process is waited for. */
  signal(signal: NodeJS.Signals): Promise<void>;
}

/** A Tendril of this role with these settings, not started yet; its log goes into the folder. */
export function tendrilNamed(
  name: string,
  role: 'api' | 'worker' | 'all',
  env: Readonly<Record<string, string>>,
  folder: string,
  journal: Journal,
  firstVersion: Version,
): KillTendril {
  let version = firstVersion;
  let running: SpawnedTendril | undefined;
  let asked: Asked | undefined;
  let asking: { signal: NodeJS.Signals; atMs: number } | undefined;
  return {
    name,
    role,
    asked: () => asked,
    become(next) {
      version = next;
    },
    hasSaid: (words) => running?.log.some((line) => line.includes(words)) ?? false,
    async start() {
      const spawned = spawnTendril({ ...env, ROLE: role }, version);
      running = spawned;
      asking = undefined;
      void spawned.ended.then((how) => {
        asked = undefined;
        const atMs = Date.now();
        const tookMs = atMs - (asking?.atMs ?? atMs);
        journal.write({ kind: 'ended', atMs, process: name, asked: asking?.signal ?? null, how, tookMs });
        appendFileSync(join(folder, `${name}.log`), `${spawned.log.join('\n')}\n`);
      });
      const fromMs = Date.now();
      asked = { url: await spawned.url, key: env.BOOTSTRAP_API_KEY ?? '' };
      const atMs = Date.now();
      journal.write({ kind: 'started', atMs, process: name, tookMs: atMs - fromMs });
    },
    async signal(signal) {
      if (!running) return;
      if (signal !== 'SIGCONT' && signal !== 'SIGSTOP') {
        asked = undefined;
        asking = { signal, atMs: Date.now() };
      }
      running.process.kill(signal);
      if (asking) await running.ended;
    },
  };
}
