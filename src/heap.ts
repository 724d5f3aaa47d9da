import { subscribe } from 'node:diagnostics_channel';
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Logger } from 'pino';

// By itself V8 lets a heap grow to four times what lives in it where the machine has memory, half a gigabyte here, before it looks
// for garbage. This is no limit: what large payloads need, they get. Each look takes a tenth of a second, and at 25 percent busy
// processes did one each second.
const growingPercent = 33;

// On so few, the threads that help to collect young garbage take from PostgreSQL what they give to this one, and some more.
const fewCores = 2;

const lookEveryMs = 1_000;
// In one look.
const burstCpuMs = 200;
// A collection stops the process for a tenth of a second: nobody is to wait for it, and it is to be seldom.
const quietForMs = 2_500;
const seldomMs = 30_000;
const requestChannels = ['http.server.request.start', 'undici:request:create'];

/**
 * Keeps V8's heap near what lives in it. The free pages that a burst leaves go back to the system once no request has come in or
 * gone out for some seconds: V8 by itself keeps them until its memory reducer runs, two minutes later or never.
 */
export function keepHeapSmall(log: Logger): void {
  setFlagsFromString(`--heap-growing-percent=${growingPercent}`);
  if (availableParallelism() <= fewCores) setFlagsFromString('--no-parallel-scavenge');
  const collect = collector();
  let cpu = process.cpuUsage();
  let isOwed = false;
  let quietSinceMs = performance.now();
  const noteRequest = (): void => {
    quietSinceMs = performance.now();
  };
  for (const channel of requestChannels) subscribe(channel, noteRequest);
  let lastMs = -seldomMs;
  const look = (): void => {
    const { user, system } = process.cpuUsage(cpu);
    cpu = process.cpuUsage();
    const usedMs = (user + system) / 1_000;
    const nowMs = performance.now();
    // V8 goes on tidying up for a moment after a collection.
    if (usedMs > burstCpuMs && nowMs - lastMs > 2 * lookEveryMs) isOwed = true;
    if (!isOwed || nowMs - quietSinceMs < quietForMs || nowMs - lastMs < seldomMs) return;
    isOwed = false;
    const before = process.memoryUsage.rss();
    collect();
    lastMs = performance.now();
    const keptBytes = process.memoryUsage.rss();
    const durationMs = Math.round(lastMs - nowMs);
    log.debug({ givenBackBytes: before - keptBytes, keptBytes, durationMs }, 'memory given back');
  };
  setInterval(look, lookEveryMs).unref();
}

// "last-resort" is the only kind of collection that gives all free pages back; it would throw away compiled code too.
function collector(): () => void {
  setFlagsFromString('--no-flush-bytecode');
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as NodeJS.GCFunction;
  setFlagsFromString('--no-expose-gc');
  return () => gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
