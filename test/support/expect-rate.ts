import { expect } from 'vitest';
import { eventually } from './eventually.js';
import type { Received } from './receiver.js';

const stepMs = 250;

/**
 * Holds what comes after a moment to a rate: at most 10 % more in all, and so many seconds on end within 10 % of it, among the first twice as
 * many. What a busy machine stands still for is not made up for, so that the first seconds may fall short.
 */
export async function expectRate(
  received: () => readonly Received[],
  fromMs: number,
  rate: number,
  seconds: number,
): Promise<void> {
  const [least, most] = [Math.floor(0.9 * rate * seconds), Math.ceil(1.1 * rate * seconds)];
  const countIn = (startMs: number, endMs: number) =>
    received().filter(({ atMs }) => atMs >= startMs && atMs < endMs).length;
  const counts = () => {
    const windows = Math.min(seconds, (Date.now() - fromMs) / 1000 - seconds) * (1000 / stepMs);
    return Array.from({ length: Math.max(0, Math.floor(windows + 1)) }, (_, n) =>
      countIn(fromMs + n * stepMs, fromMs + n * stepMs + seconds * 1000),
    );
  };
  await eventually(
    () => counts().some((count) => count >= least && count <= most),
    fromMs - Date.now() + 2 * seconds * 1000 + 1_000,
    () => `not ${least} to ${most} in ${seconds} s, but ${counts()}`,
  );
  const untilMs = Date.now();
  expect(countIn(fromMs, untilMs)).toBeLessThanOrEqual(Math.ceil((1.1 * rate * (untilMs - fromMs)) / 1000));
}
