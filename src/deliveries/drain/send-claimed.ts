import type { Logger } from 'pino';
import type { Verdict } from '../../rules/delivery-states.js';
import type { Database } from '../../storage/database.js';
import { type AttemptParts, attemptDelivery } from './attempt-delivery.js';
import type { ClaimedDelivery } from './claim-due.js';
import type { AttemptResult } from './endpoint-windows.js';
import type { Endpoint } from './endpoints.js';
import type { Recorder } from './gather-records.js';
import { afterUnsendableSeconds, giveBack } from './give-back.js';
import type { SignMessages } from './sign-messages.js';

/** What claimed deliveries are sent with. */
export interface SendParts extends AttemptParts {
  readonly database: Database;
  readonly recorder: Recorder;
  readonly signMessages: SignMessages;
  readonly log: Logger;
}

/**
 * Makes the attempt of a claimed delivery and puts it on record; gives the verdict, undefined where it came to none. Never rejects.
 * @param onEnd called once, as soon as the endpoint has room again; the result is undefined where the attempt broke off without one
 */
export async function sendClaimed(
  parts: SendParts,
  delivery: ClaimedDelivery,
  endpoint: Endpoint,
  onEnd: (result: AttemptResult | undefined) => void,
): Promise<Verdict | undefined> {
  let isOver = false;
  const end = (result: AttemptResult | undefined) => {
    if (!isOver) onEnd(result);
    isOver = true;
  };
  try {
    const ready = await withBody(parts, delivery, endpoint);
    if (!ready) return undefined;
    const ended = await attemptDelivery(parts, ready, endpoint);
    end(ended.result);
    await parts.recorder.record(ended);
    return ended.verdict;
  } catch (error) {
    // The sweep takes the delivery back: nothing is lost.
    parts.log.error({ err: error, delivery: delivery.uuid }, 'an attempt broke off');
    return undefined;
  } finally {
    end(undefined);
  }
}

/** Undefined, and given back, where its message cannot be signed: the certificate's key cannot be read. */
async function withBody(
  parts: SendParts,
  delivery: ClaimedDelivery,
  endpoint: Endpoint,
): Promise<ClaimedDelivery | undefined> {
  try {
    return await parts.signMessages(delivery, endpoint);
  } catch (error) {
    parts.log.error(
      { err: error, delivery: delivery.uuid },
      'a message could not be signed; it is tried again in a minute',
    );
    await giveBack(parts, [delivery], afterUnsendableSeconds);
    return undefined;
  }
}
