// Smaller ones are cheaper from malloc, and find a place in the holes that others leave.
const mappedFromBytes = 16 * 1024;

/**
 * A buffer to be filled, of which nothing can be said before. For a large one that can be resized V8 asks the system, which gets all of
 * it back when the buffer is collected. From malloc's heap a thousand of them would not come back: it shrinks at its end alone, and
 * any small thing that came to lie behind them holds it there.
 */
export function newBuffer(bytes: number): Buffer {
  // Not from Node's pool: whoever keeps a byte of that keeps 64 KiB.
  if (bytes < mappedFromBytes) return Buffer.allocUnsafeSlow(bytes);
  return Buffer.from(new ArrayBuffer(bytes, { maxByteLength: bytes }));
}

/** A buffer with the bytes of all the parts, in their order. */
export function copyOf(parts: readonly Uint8Array[]): Buffer {
  const whole = newBuffer(parts.reduce((bytes, part) => bytes + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
