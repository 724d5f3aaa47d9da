import { randomFillSync } from 'node:crypto';
import { fromUUID, parseTypeId, type TypeId, toUUID } from 'typeid-js';
import { v7 } from 'uuid';

/** The prefixes of TypeIDs, one a noun. */
export type IdPrefix = 'ws' | 'key' | 'etyp' | 'wsub' | 'evt' | 'dlv' | 'atm';

/** The uuid that sorts before every other. */
export const zeroUuid = '00000000-0000-0000-0000-000000000000';

// The library asks the system for 16 of them at each call, which takes four times as long as all the rest.
const randomBytes = Buffer.alloc(4096);
let usedBytes = randomBytes.length;
const last = { msecs: 0, seq: 0 };

/** A new UUIDv7: sorted by time, and within one process by the order of the calls. */
export function newUuid(): string {
  if (usedBytes === randomBytes.length) {
    randomFillSync(randomBytes);
    usedBytes = 0;
  }
  const random = randomBytes.subarray(usedBytes, usedBytes + 16);
  usedBytes += random.length;
  const msecs = Math.max(last.msecs, Date.now());
  // Of its 32 bits, the count begins with 31 random ones, so that a millisecond does not come to their end.
  last.seq = msecs > last.msecs ? random.readUInt32BE() >>> 1 : last.seq + 1;
  last.msecs = msecs;
  return v7({ random, msecs, seq: last.seq });
}

// One is asked for several times within a moment: for the answer to whoever publishes, for the request and for each live update.
const latelyMade = new Map<string, string>();
const mostKept = 4096;

/** The TypeID that the API shows for a stored uuid. */
export function toTypeId(prefix: IdPrefix, uuid: string): string {
  let suffix = latelyMade.get(uuid);
  if (suffix === undefined) {
    if (latelyMade.size === mostKept) latelyMade.clear();
    suffix = fromUUID(uuid) as string;
    latelyMade.set(uuid, suffix);
  }
  return `${prefix}_${suffix}`;
}

/** The stored uuid of a TypeID; undefined where the text is no TypeID of this prefix. */
export function fromTypeId(prefix: IdPrefix, id: string): string | undefined {
  try {
    return parseTypeId(id as TypeId<string>).prefix === prefix ? toUUID(id as TypeId<string>) : undefined;
  } catch {
    return undefined;
  }
}

/** The prefix of a TypeID, whatever it is; undefined where the text is none. */
export function prefixOf(id: string): string | undefined {
  return /^([a-z]{2,4})_[0-7][0-9a-hjkmnp-tv-z]{25}$/.exec(id)?.[1];
}

/** The lowest uuid that a UUIDv7 of this moment can have; `timeMs` is Unix time in milliseconds. */
export function lowestUuidAt(timeMs: number): string {
  const hex = Math.max(0, Math.floor(timeMs)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`;
}

/** The moment that a UUIDv7 was made, in Unix milliseconds. */
export function timeOfUuid(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16);
}
