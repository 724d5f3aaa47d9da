import { setTimeout as pause } from 'node:timers/promises';
import { type Asked, askGraphql } from './ask-graphql.js';
import type { Dice } from './dice.js';
import type { Journal } from './history.js';

/** Publishers that run until they are stopped. */
export interface Publishers {
  /** Lets each have the answer that it waits for, or come to its end of trying. */
  stop(): Promise<void>;
}

/** An event as it is published; without a key nobody may publish it twice. */
interface Input {
  readonly type: string;
  readonly payload: { readonly n: string; readonly note: string };
  readonly idempotencyKey: string | null;
}

interface Payload {
  readonly event: { readonly id: string } | null;
  readonly userErrors: readonly { readonly message: string }[];
}

/** The type of every event of a run. */
export const publishedType = 'payout.paid';

const pauseMs = 250;
const againAfterMs = 100;
const selection = '{ event { id } userErrors { message } }';
const publishOne = `mutation ($input: PublishEventInput!) { publishEvent(input: $input) ${selection} }`;
const publishMany = `mutation ($events: [PublishEventInput!]!) { publishEvents(events: $events) ${selection} }`;

/**
 * Publishes singly and in batches, at whichever API process there is. With an idempotency key a publish is repeated until it is
 * acknowledged; without one it is given up at the first failure.
 */
export function startPublishers(
  apis: () => readonly Asked[],
  connections: number,
  dice: Dice,
  journal: Journal,
): Publishers {
  let isStopped = false;
  let made = 0;
  const makeInputs = (): Input[] => {
    const isKeyed = dice.next() < 0.7;
    return Array.from({ length: dice.next() < 0.1 ? 5 : 1 }, () => {
      made += 1;
      const payload = { n: `event-${made}`, note: 'é "quoted" '.repeat(dice.between(0, 20)) };
      return { type: publishedType, payload, idempotencyKey: isKeyed ? `key-${made}` : null };
    });
  };
  const publishOnce = async (inputs: readonly Input[]): Promise<boolean> => {
    const startedMs = Date.now();
    try {
      const api = apis()[0] && dice.pick(apis());
      if (!api) throw new Error('no API process is up');
      const payloads = await publish(api, inputs);
      for (const [index, input] of inputs.entries()) note(startedMs, input, payloads[index]);
      return true;
    } catch (error) {
      const payloads = inputs.map(({ payload }) => JSON.stringify(payload));
      journal.write({ kind: 'unanswered', atMs: Date.now(), startedMs, payloads, why: String(error) });
      return inputs.every(({ idempotencyKey }) => idempotencyKey === null);
    }
  };
  const note = (startedMs: number, { payload, idempotencyKey: key }: Input, answer: Payload | undefined) => {
    const atMs = Date.now();
    const text = JSON.stringify(payload);
    if (answer?.event)
      journal.write({ kind: 'acknowledged', atMs, startedMs, eventId: answer.event.id, key, payload: text });
    else journal.write({ kind: 'refused', atMs, payload: text, why: JSON.stringify(answer?.userErrors) });
  };
  const loops = Array.from({ length: connections }, async () => {
    while (!isStopped) {
      const inputs = makeInputs();
      while (!(await publishOnce(inputs))) await pause(againAfterMs);
      await pause(pauseMs * 2 * dice.next());
    }
  });
  return {
    async stop() {
      isStopped = true;
      await Promise.all(loops);
    },
  };
}

async function publish(api: Asked, inputs: readonly Input[]): Promise<readonly Payload[]> {
  const [input] = inputs;
  if (inputs.length === 1)
    return [(await askGraphql<{ publishEvent: Payload }>(api, publishOne, { input })).publishEvent];
  return (await askGraphql<{ publishEvents: Payload[] }>(api, publishMany, { events: inputs })).publishEvents;
}
