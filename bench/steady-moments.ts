/** The moments of an open loop of so many a second, in milliseconds from its start. */
export function steadyMoments(rate: number, seconds: number): number[] {
  return Array.from({ length: rate * seconds }, (_, index) => (index / rate) * 1000);
}
