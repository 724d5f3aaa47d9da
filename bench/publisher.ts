import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import { monotonicMs } from './monotonic-ms.js';
import { answerCalls } from './own-process.js';
import { payloadText } from './payload.js';

/** Where to publish, and as whom. */
export interface PublishTarget {
  readonly url: string;
  readonly key: string;
}

/** Every connection asks again as soon as it is answered. */
export interface ClosedLoop extends PublishTarget {
  readonly connections: number;
  readonly seconds: number;
  /** Events are of these types in turn. */
  readonly eventTypes: readonly string[];
  /** Events a request; 1 uses publishEvent, more publishEvents. */
  readonly batch: number;
}

/** What was published: the ids that Tendril acknowledged, and when each request went out. */
export interface PublishReport {
  readonly ids: readonly string[];
  readonly sentAtMs: readonly number[];
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/** What the publisher can be asked. It fails as soon as Tendril refuses anything. */
export interface PublisherCalls {
  readonly [name: string]: (argument: never) => unknown;
  closedLoop(argument: ClosedLoop): Promise<PublishReport>;
  /** Publishes at these moments, in milliseconds from now, whether or not earlier ones have been answered. */
  atMoments(
    argument: PublishTarget & { eventTypes: readonly string[]; momentsMs: readonly number[] },
  ): Promise<PublishReport>;
  /** Sends a document that does nothing over and over; gives back requests a second. */
  doNothing(argument: PublishTarget & { connections: number; seconds: number }): Promise<number>;
}

const selection = '{ event { id } userErrors { message } }';
const single = `mutation ($input: PublishEventInput!) { publishEvent(input: $input) ${selection} }`;
const many = `mutation ($events: [PublishEventInput!]!) { publishEvents(events: $events) ${selection} }`;
const openLoopConnections = 64;
const run = randomBytes(6).toString('hex');
let published = 0;

const calls: PublisherCalls = {
  async closedLoop({ connections, seconds, eventTypes, batch, ...target }) {
    const nextInput = inputsOf(eventTypes);
    const send = openSender(target, connections);
    const answers: { text: string; sentAtMs: number }[] = [];
    const startedAtMs = monotonicMs();
    const untilMs = startedAtMs + seconds * 1000;
    const one = async () => {
      while (monotonicMs() < untilMs) {
        const sentAtMs = monotonicMs();
        answers.push({
          text: await send(batch === 1 ? singleBody(nextInput()) : batchBody(nextInput, batch)),
          sentAtMs,
        });
      }
    };
    await Promise.all(Array.from({ length: connections }, one));
    const endedAtMs = monotonicMs();
    await send.close();
    return reportOf(answers, startedAtMs, endedAtMs);
  },

  async atMoments({ momentsMs, eventTypes, ...target }) {
    const nextInput = inputsOf(eventTypes);
    const send = openSender(target, openLoopConnections);
    const startedAtMs = monotonicMs();
    const answers: Promise<{ text: string; sentAtMs: number }>[] = [];
    while (answers.length < momentsMs.length) {
      const elapsedMs = monotonicMs() - startedAtMs;
      while ((momentsMs[answers.length] ?? Number.POSITIVE_INFINITY) <= elapsedMs) {
        const sentAtMs = monotonicMs();
        answers.push(send(singleBody(nextInput())).then((text) => ({ text, sentAtMs })));
      }
      await pause(1);
    }
    const done = await Promise.all(answers);
    const endedAtMs = monotonicMs();
    await send.close();
    return reportOf(done, startedAtMs, endedAtMs);
  },

  async doNothing({ connections, seconds, ...target }) {
    const send = openSender(target, connections);
    const body = JSON.stringify({ query: 'mutation { __typename }' });
    const startedAtMs = monotonicMs();
    const untilMs = startedAtMs + seconds * 1000;
    let answered = 0;
    const one = async () => {
      while (monotonicMs() < untilMs) {
        const text = await send(body);
        if (!text.includes('"Mutation"')) throw new Error(`Tendril answered ${text}`);
        answered += 1;
      }
    };
    await Promise.all(Array.from({ length: connections }, one));
    const perSecond = (answered / (monotonicMs() - startedAtMs)) * 1000;
    await send.close();
    return perSecond;
  },
};
answerCalls(calls);

function openSender({ url, key }: PublishTarget, connections: number) {
  const pool = new Pool(url, { connections, pipelining: 1 });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const send = async (body: string): Promise<string> => {
    const answer = await pool.request({ method: 'POST', path: '/graphql', headers, body });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`Tendril answered ${answer.statusCode}: ${text}`);
    return text;
  };
  return Object.assign(send, { close: () => pool.close() });
}

// Put together as text, so that the publisher takes as little of the machine as it can.
function singleBody(input: string): string {
  return `{"query":${JSON.stringify(single)},"variables":{"input":${input}}}`;
}

function batchBody(nextInput: () => string, batch: number): string {
  const inputs = Array.from({ length: batch }, nextInput).join(',');
  return `{"query":${JSON.stringify(many)},"variables":{"events":[${inputs}]}}`;
}

/** Makes inputs of these types in turn, beginning with the first. */
function inputsOf(eventTypes: readonly string[]): () => string {
  let turn = 0;
  return () => {
    const eventType = eventTypes[turn++ % eventTypes.length] ?? '';
    published += 1;
    return `{"type":"${eventType}","idempotencyKey":"${run}-${published}","payload":${payloadText}}`;
  };
}

interface Payload {
  readonly event: { readonly id: string } | null;
  readonly userErrors: readonly { readonly message: string }[];
}

/** The answers are read only now, when nothing is measured any more. */
function reportOf(
  answers: readonly { text: string; sentAtMs: number }[],
  startedAtMs: number,
  endedAtMs: number,
): PublishReport {
  const ids: string[] = [];
  const sentAtMs: number[] = [];
  for (const answer of answers) {
    const { data } = JSON.parse(answer.text) as {
      data?: { publishEvent?: Payload; publishEvents?: readonly Payload[] } | null;
    };
    const payloads = data?.publishEvents ?? (data?.publishEvent ? [data.publishEvent] : []);
    if (payloads.length === 0) throw new Error(`Tendril answered ${answer.text}`);
    for (const { event, userErrors } of payloads) {
      if (!event || userErrors.length > 0)
        throw new Error(`Tendril refused an event: ${JSON.stringify(userErrors)}`);
      ids.push(event.id);
      sentAtMs.push(answer.sentAtMs);
    }
  }
  return { ids, sentAtMs, startedAtMs, endedAtMs };
}
