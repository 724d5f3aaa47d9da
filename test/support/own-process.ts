import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A TypeScript file running in a Node process of its own, at the head of a process group of its own. */
export interface OwnProcess {
  readonly pid: number;
  /** The next line that it writes; fails when it ends instead. */
  nextLine(): Promise<string>;
  /** Sends a signal to it alone, or to its whole group as a terminal's Ctrl-C does. */
  signal(signal: NodeJS.Signals, to: 'process' | 'group'): void;
  /** Kills it with SIGKILL and waits for its end. */
  kill(): Promise<void>;
}

/** Runs a file that uses no decorators; `script` is its path, `env` replaces the environment. */
export function runInOwnProcess(
  script: string | URL,
  args: readonly string[],
  env?: Record<string, string>,
): OwnProcess {
  const hooks = new URL('./resolve-typescript.ts', import.meta.url).href;
  const file = script instanceof URL ? fileURLToPath(script) : script;
  const child: ChildProcess = spawn(process.execPath, ['--import', hooks, file, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(env && { env }),
  });
  const pid = child.pid ?? 0;
  const lines = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]();
  return {
    pid,
    async nextLine() {
      const line = await lines.next();
      if (line.done) throw new Error(`${file} ended with ${child.exitCode ?? child.signalCode}`);
      return line.value;
    },
    signal(signal, to) {
      process.kill(to === 'group' ? -pid : pid, signal);
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
