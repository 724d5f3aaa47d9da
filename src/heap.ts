import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Logger } from 'pino';

// By itself V8 lets a heap grow to four times what lives in it where the machine has memory, half a gigabyte here, before it looks
// for garbage. This is no limit: what large payloads need, they get.
const growingPercent = 25;

// A process is quiet when it has used less than a tenth of a core for so long.
const lookEveryMs = 1_000;
const quietMs = 3_000;
const busyCpuMs = lookEveryMs / 10;

// What is gained by less is not worth the tenth of a second that a collection takes.
const worthwhileBytes = 16 * 1024 * 1024;

/**
 * Keeps V8's heap near what lives in it. What a burst leaves goes back to the system some seconds after it: V8 by itself keeps
 * those pages until its memory reducer runs, two minutes later or never.
 */
export function keepHeapSmall(log: Logger): void {
  setFlagsFromString(`--heap-growing-percent=${growingPercent}`);
  const collect = collector();
  let cpu = process.cpuUsage();
  let quietForMs = 0;
  let keptBytes = 0;
  const look = (): void => {
    const used = process.cpuUsage(cpu);
    cpu = process.cpuUsage();
    quietForMs = (used.user + used.system) / 1_000 < busyCpuMs ? quietForMs + lookEveryMs : 0;
    const residentBytes = process.memoryUsage.rss();
    if (quietForMs < quietMs || residentBytes < keptBytes + worthwhileBytes) return;
    const startedAt = performance.now();
    collect();
    keptBytes = process.memoryUsage.rss();
    const durationMs = Math.round(performance.now() - startedAt);
    log.debug({ givenBackBytes: residentBytes - keptBytes, keptBytes, durationMs }, 'memory given back');
  };
  setInterval(look, lookEveryMs).unref();
}

// "last-resort" is the only kind of collection that gives all free pages back. By itself it would throw away compiled code too.
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as NodeJS.GCFunction;
  setFlagsFromString('--no-expose-gc');
  return () => {
    setFlagsFromString('--no-flush-bytecode');
    gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    setFlagsFromString('--flush-bytecode');
  };
}
