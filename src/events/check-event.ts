import { type UserError, userError } from '../graphql/user-error.js';
import { isEventTypeName } from '../rules/event-types.js';
import { isStorable, unstorable } from '../rules/storable-text.js';
import type { PublishEventInput } from './publish.types.js';

const maxPayloadBytes = 262_144;
const maxKeyCharacters = 255;

/** An event that is well-formed in itself; whether its type exists is the database's to say. */
export interface CheckedEvent {
  readonly type: string;
  /** The payload as compact JSON. */
  readonly payload: string;
  readonly idempotencyKey: string | null;
}

/** Checks what can be checked without the database; `path` is where the event stands in the arguments. */
export function checkEvent(
  input: PublishEventInput,
  path: readonly string[],
): CheckedEvent | { errors: UserError[] } {
  const errors: UserError[] = [];
  const at = (field: string) => [...path, field];
  if (!isEventTypeName(input.type)) errors.push(unknownEventType(input.type, path));
  const payload = compact(input.payload);
  if (payload === undefined) {
    errors.push(
      userError('INVALID_PAYLOAD', 'The payload is nested too deeply to be written as JSON.', at('payload')),
    );
  } else if (Buffer.byteLength(payload) > maxPayloadBytes) {
    const bytes = Buffer.byteLength(payload);
    errors.push(
      userError(
        'PAYLOAD_TOO_LARGE',
        `The payload is ${bytes} bytes as compact JSON; at most ${maxPayloadBytes} are taken.`,
        at('payload'),
      ),
    );
  }
  const key = input.idempotencyKey ?? null;
  if (key !== null && !isIdempotencyKey(key)) {
    errors.push(
      userError(
        'INVALID_IDEMPOTENCY_KEY',
        `An idempotency key has 1 to ${maxKeyCharacters} characters and cannot hold ${unstorable}.`,
        at('idempotencyKey'),
      ),
    );
  }
  return errors.length > 0 || payload === undefined
    ? { errors }
    : { type: input.type, payload, idempotencyKey: key };
}

// One that is not storable would be stored as another than the one asked for.
function isIdempotencyKey(key: string): boolean {
  const characters = [...key].length;
  return characters >= 1 && characters <= maxKeyCharacters && isStorable(key);
}

/** The fault of a type that the catalogue does not have in use. */
export function unknownEventType(type: string, path: readonly string[]): UserError {
  return userError(
    'UNKNOWN_EVENT_TYPE',
    `The catalogue has no event type "${type}" in use; eventTypes lists them, createEventType adds one.`,
    [...path, 'type'],
  );
}

/** JSON without white space; undefined where it is nested deeper than the stack goes. */
function compact(payload: unknown): string | undefined {
  try {
    return JSON.stringify(payload);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
