import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

/** The command line of a living process, its arguments separated by spaces; undefined when there is none. */
export async function commandLineOf(pid: number): Promise<string | undefined> {
  if (!isAlive(pid)) return undefined;
  try {
    if (process.platform === 'linux') {
      // A zombie has an empty command line, and counts as gone.
      const text = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
      return text === '' ? undefined : text;
    }
    const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)]);
    return stdout.trim();
  } catch {
    return undefined; // it ended between the two looks
  }
}

/**
 * Stops a process that is not our child: each signal in turn, waiting up to `waitMs` for the end after each.
 * Answers whether it is gone.
 */
export async function stopProcess(
  pid: number,
  signals: readonly NodeJS.Signals[],
  waitMs: number,
): Promise<boolean> {
  for (const signal of signals) {
    try {
      process.kill(pid, signal);
    } catch {
      return !isAlive(pid);
    }
    const deadline = performance.now() + waitMs;
    while (performance.now() < deadline) {
      if ((await commandLineOf(pid)) === undefined) return true;
      await pause(20);
    }
  }
  return (await commandLineOf(pid)) === undefined;
}

/** Whether a process with this id exists, whoever owns it. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
