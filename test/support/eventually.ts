import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits until a condition holds; fails at the deadline and says how far it came. It looks every few milliseconds at first, and less often the
 * longer it has waited: most look by a request, and what is waited for shares its machine with them.
 */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  deadlineMs = 20_000,
  describe: () => string = () => 'the condition does not hold',
): Promise<NonNullable<T>> {
  const fromMs = Date.now();
  for (;;) {
    const value = await condition();
    if (value) return value;
    const waitedMs = Date.now() - fromMs;
    if (waitedMs > deadlineMs) throw new Error(`after ${deadlineMs} ms: ${describe()}`);
    await pause(Math.min(Math.max(10, waitedMs / 10), 100));
  }
}
