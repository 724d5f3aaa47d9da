import { readFile } from 'node:fs/promises';
import type { Figure } from './figure.js';

/** The most memory that a process has had resident so far, in MB of 1,000,000 bytes; undefined where there is no /proc. */
export async function peakMemoryMb(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  // proc_pid_status(5): VmHWM, in KiB.
  const kib = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
  return kib === undefined ? undefined : (Number(kib) * 1024) / 1e6;
}

/** What is reported of it, beside what it may come to. */
export function memoryFigure(benchmark: string, peakMb = Number.NaN): Figure {
  const what = 'memory of Tendril’s process, at most';
  return { benchmark, what, value: peakMb, unit: 'MB', target: { atMost: 400 } };
}
