import { realpathSync } from 'node:fs';

// By itself glibc raises the size from which a block is asked of the system, up to 32 MiB, and has a heap for each thread. A heap
// shrinks at its end alone: what a burst has needed would never come back.
const settings = 'glibc.malloc.mmap_threshold=65536:glibc.malloc.arena_max=1';

// Says that it has been done: a program with privileges is not shown the settings.
const mark = 'TENDRIL_MALLOC_SETTLED';

/**
 * Replaces the process, whose number and streams stay, by itself with settings for malloc, which are read as a process starts and never
 * again. Returns where that has been done, and where it is not wanted or cannot be.
 */
export function settleMalloc(): void {
  const { env, platform, connected, permission, execve, execPath, execArgv, argv } = process;
  if (platform !== 'linux' || env.GLIBC_TUNABLES !== undefined || env[mark] !== undefined) return;
  // A channel to the parent would not outlive the change.
  if (connected || permission?.has('child') === false || !isOwnProgram(execPath)) return;
  execve?.(execPath, [execPath, ...execArgv, ...argv.slice(1)], {
    ...env,
    GLIBC_TUNABLES: settings,
    [mark]: 'true',
  });
}

/** Node ends where there is no such program, or it is another one: in a jail without /proc, by a loader that is named. */
function isOwnProgram(path: string): boolean {
  try {
    return (
      realpathSync(path) === realpathSync('/proc/self/exe') && /^node/.test(path.split('/').at(-1) ?? '')
    );
  } catch {
    return false;
  }
}
