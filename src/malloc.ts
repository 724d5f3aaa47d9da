// By itself glibc raises the size from which a block is asked of the system, up to 32 MiB, and has a heap for each thread. A heap
// shrinks at its end alone: what a burst has needed would never come back.
const settings = 'glibc.malloc.mmap_threshold=65536:glibc.malloc.arena_max=1';

/**
 * Replaces the process, whose number and streams stay, by itself with settings for malloc, which are read as a process starts and never
 * again. Returns where that has been done, and where it is not wanted or cannot be.
 */
export function settleMalloc(): void {
  const { env, platform, connected, permission, execve, execPath, execArgv, argv } = process;
  if (env.GLIBC_TUNABLES === settings) {
    // They are not meant for the stores that it starts.
    delete env.GLIBC_TUNABLES;
    return;
  }
  // A channel to the parent would not outlive the change.
  const isFree = platform === 'linux' && env.GLIBC_TUNABLES === undefined && !connected;
  if (!isFree || permission?.has('child') === false) return;
  execve?.(execPath, [execPath, ...execArgv, ...argv.slice(1)], { ...env, GLIBC_TUNABLES: settings });
}
