/** Waits until a condition holds, looking every few milliseconds; fails at the deadline and says how far it came. */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  deadlineMs = 10_000,
  describe: () => string = () => 'the condition does not hold',
): Promise<NonNullable<T>> {
  const untilMs = Date.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > untilMs) throw new Error(`after ${deadlineMs} ms: ${describe()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
