import type { NewEvent, Place } from './store-events.js';

/** Takes new deliveries straight into sending, where this process sends and has room for them. */
export interface Admission {
  /** Waits until there is room for what so many events lead to; not for long, and only while it keeps coming. */
  room(events: number): Promise<void>;
  /** A place for a delivery that is about to be stored; undefined where it is to wait its turn. */
  admit(subscriptionId: string): Place | undefined;
  /** Sends deliveries that were stored as claimed for their places. */
  begin(admitted: readonly Admitted[]): void;
  /** Gives up a place whose delivery was not stored. */
  withdraw(subscriptionId: string, place: Place): void;
}

/** A stored delivery that has its place. */
export interface Admitted {
  readonly event: NewEvent;
  readonly uuid: string;
  readonly subscriptionId: string;
  readonly subscriptionRevision: number;
  readonly place: Place;
}

/** Where nothing is sent from. */
export const noAdmission: Admission = {
  room: () => Promise.resolve(),
  admit: () => undefined,
  begin: () => undefined,
  withdraw: () => undefined,
};
