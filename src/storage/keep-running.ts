import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { oneLine } from './one-line.js';

/** A server started for this process alone. */
export interface RunningServer {
  readonly url: string;
  /** Shuts it down and waits until it is gone; a second call does nothing more. */
  stop(): Promise<void>;
}

/** One that can be started again. */
export interface RestartableServer extends RunningServer {
  readonly name: string;
  /** The signal or the exit code by which it ended; resolves when it has. */
  readonly ended: Promise<NodeJS.Signals | number | null>;
  /** Starts one that has ended at the same address, unless the signal comes first. */
  startAgain(signal: AbortSignal): Promise<RestartableServer>;
}

const startAgainAfterMs = 1000;
const startAgainWithinMs = 30_000;

/** Starts a server again each time that it ends by itself. Gives what stops it for good. */
export function keepRunning(server: RestartableServer, log: Logger): () => Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const asked = new Promise<'asked'>((resolve) => signal.addEventListener('abort', () => resolve('asked')));
  const isOver = keep();
  return () => {
    stopping.abort();
    return isOver;
  };

  async function keep(): Promise<void> {
    for (let running: RestartableServer | undefined = server; running; running = await nextOne()) {
      const how = await Promise.race([asked, running.ended]);
      if (how === 'asked') await running.stop();
      else log.error(`${server.name} ended by itself (${how}): it is started again`);
    }
  }

  /** Undefined once it is to stop. */
  async function nextOne(): Promise<RestartableServer | undefined> {
    for (let waitMs = startAgainAfterMs; ; waitMs = Math.min(2 * waitMs, startAgainWithinMs)) {
      await pause(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return undefined;
      try {
        const next = await server.startAgain(signal);
        log.info(`${server.name} is running again`);
        return next;
      } catch (error) {
        if (signal.aborted) return undefined;
        log.error(`${server.name} does not start again: ${oneLine(error)}`);
      }
    }
  }
}
