import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** How a command has ended. */
export interface Ended {
  readonly exitCode: number | null;
  /** Standard output. */
  readonly out: string;
  /** Standard error. */
  readonly err: string;
}

/** Runs the built `tendril` (dist/) with these arguments and settings alone, and waits for its end. */
export async function runCommand(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Ended> {
  return endOf(startCommand(env, ...args));
}

/** As `runCommand`, without the waiting. */
export function startCommand(env: Readonly<Record<string, string>>, ...args: string[]): ChildProcess {
  return spawn(process.execPath, ['dist/src/main.js', ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Waits for the end of a command. */
export async function endOf(child: ChildProcess): Promise<Ended> {
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('its output is not piped');
  const [[exitCode], out, err] = await Promise.all([once(child, 'close'), text(stdout), text(stderr)]);
  return { exitCode: exitCode as number | null, out, err };
}
