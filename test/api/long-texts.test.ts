import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { newEventType, subscribe } from '../support/main-operations.js';
import { postGraphql } from '../support/post-graphql.js';
import { startReceiver } from '../support/receiver.js';
import { startTendril, type Tendril } from '../support/tendril.js';

const letters = 260_000;

test('an answer has up to 16 MiB of payloads and bodies, and asking for more is refused', async () => {
  const { tendril, publishLong } = await started();
  await publishLong(5);
  const times = (count: number, field: string) =>
    Array.from({ length: count }, (_, n) => `a${n}: ${field}`).join(' ');
  const asked = (count: number) => [
    `{ events { nodes { ${times(count, 'payload')} } } }`,
    `{ deliveries { nodes { event { ${times(count, 'payload')} } } } }`,
    `{ deliveries { nodes { attempts { request { ${times(count, 'body')} } } } } }`,
    `{ deliveries { nodes { attempts { request { ${times(count, 'curl')} } } } } }`,
  ];
  for (const query of asked(12)) {
    const { data, errors } = await postGraphql(tendril, query);
    expect([query, errors, JSON.stringify(data).length > 60 * letters]).toEqual([query, undefined, true]);
  }
  for (const query of asked(14)) {
    const { errors } = await postGraphql(tendril, query);
    const { value } = await tendril.ws().iterate({ query }).next();
    for (const told of [errors, value?.errors])
      expect(told).toMatchObject([
        { message: expect.stringContaining('more than 16 MiB'), extensions: { code: 'BAD_USER_INPUT' } },
      ]);
  }
});

test('each update of a stream is an answer of its own', async () => {
  const { tendril, publishLong } = await started();
  const client = tendril.ws();
  const told: string[] = [];
  const stateOf = (status: string) => JSON.stringify({ status });
  client.subscribe(
    { query: 'subscription { deliveryUpdated { status event { payload } } }' },
    {
      next: ({ data, errors }) =>
        void told.push(JSON.stringify(errors ?? data?.deliveryUpdated, ['status', 'message'])),
      error: (error) => void told.push(JSON.stringify(error)),
      complete: () => undefined,
    },
  );
  // By the answer to what stands behind it on the same socket, the stream is open.
  await client.iterate({ query: '{ viewer { workspace { id } } }' }).next();
  await publishLong(25);
  await eventually(() => told.filter((status) => status === stateOf('DELIVERED')).length === 25);
  expect(new Set(told)).toEqual(new Set(['PENDING', 'SENDING', 'DELIVERED'].map(stateOf)));
});

/** A Tendril, and what publishes events with long payloads and waits until they have come. */
async function started(): Promise<{ tendril: Tendril; publishLong(count: number): Promise<void> }> {
  const tendril = await startTendril();
  const receiver = await startReceiver();
  const type = await newEventType(tendril);
  await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type] });
  const query =
    'mutation ($events: [PublishEventInput!]!) { publishEvents(events: $events) { userErrors { code } } }';
  return {
    tendril,
    async publishLong(count) {
      const events = Array.from({ length: count }, () => ({ type, payload: { text: 'x'.repeat(letters) } }));
      expect((await postGraphql(tendril, query, { variables: { events } })).errors).toBeUndefined();
      await receiver.waitFor(count);
    },
  };
}
