import 'reflect-metadata';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { checkEvent } from '../../src/events/check-event.js';
import { checkSchema } from '../../src/events/check-schema.js';
import { checkPayload } from '../../src/events/payload-schema.js';
import { checkEventFilter, eventFilterTest } from '../../src/rules/event-filter.js';
import { anyEvent, anyFilter, anyJson, anySchema } from '../support/fuzz-inputs.js';
import { subscribe } from '../support/main-operations.js';
import { type GraphqlAnswer, postGraphql } from '../support/post-graphql.js';
import { startTendril, type Tendril } from '../support/tendril.js';

// FUZZ_CASES=1000000 is the size for a run by hand, and FUZZ_SEED repeats one. A tenth goes over HTTP.
const cases = Number(process.env.FUZZ_CASES ?? 10_000);
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
const slowMs = 50;
const timeout = 120_000 + cases * 10;
const inOneRequest = 20;

const untouched = Reflect.ownKeys(Object.prototype);
let tendril: Tendril;

beforeAll(async () => {
  tendril = await startTendril(undefined, { stopAfterTest: false });
});

afterAll(() => tendril.stop());

afterEach(() => expect(Reflect.ownKeys(Object.prototype)).toEqual(untouched));

test('a filter is refused or can be used, whatever it is and whatever it meets, in 50 ms', {
  timeout,
}, () => {
  let taken = 0;
  check(
    cases * 0.35,
    fc.property(anyFilter, anyJson, (filter, payload) => {
      const faults = timed(() => checkEventFilter(filter));
      if (faults.length > 0) return;
      taken++;
      expect(typeof timed(() => eventFilterTest(filter as object)(payload))).toBe('boolean');
    }),
  );
  expect(taken).toBeGreaterThan(cases * 0.03);
});

test('a schema is refused or can be used, whatever it is and whatever it meets, in 50 ms', {
  timeout,
}, () => {
  let taken = 0;
  check(
    cases * 0.35,
    fc.property(anySchema, anyJson, (schema, payload) => {
      const faults = timed(() => checkSchema(schema));
      if (faults.length > 0) return;
      taken++;
      expect(timed(() => checkPayload(schema, payload))).toBeInstanceOf(Array);
    }),
  );
  expect(taken).toBeGreaterThan(cases * 0.03);
});

test('an event is refused or taken, whatever it is, in 50 ms', { timeout }, () => {
  check(
    cases * 0.2,
    fc.property(anyEvent, (event) => {
      const checked = timed(() => checkEvent(event, ['input']));
      if (!('errors' in checked)) expect(() => JSON.parse(checked.payload)).not.toThrow();
    }),
  );
});

test('no event, filter or schema is answered as a failure of the server', { timeout }, async () => {
  const { id } = await subscribe(tendril, {
    endpointUrl: 'http://127.0.0.1:1024/',
    eventTypes: ['*'],
    status: 'INACTIVE',
  });
  const one = fc.record({
    events: fc.array(anyEvent, { minLength: inOneRequest, maxLength: inOneRequest }),
    filter: anyFilter,
    schema: anySchema,
  });
  const property = fc.asyncProperty(one, async ({ events, filter, schema }) => {
    const name = `fuzz_${crypto.randomUUID().replaceAll('-', '')}.happened`;
    const [published, ...others] = await Promise.all([
      postGraphql(
        tendril,
        'mutation ($events: [PublishEventInput!]!) { publishEvents(events: $events) { userErrors { code message } } }',
        { variables: { events } },
      ),
      postGraphql(
        tendril,
        'mutation ($input: UpdateWebhookSubscriptionInput!) { updateWebhookSubscription(input: $input) { subscription { filter } userErrors { code message } } }',
        { variables: { input: { id, filter } } },
      ),
      postGraphql(
        tendril,
        'mutation ($input: CreateEventTypeInput!) { createEventType(input: $input) { userErrors { code message } } }',
        { variables: { input: { name, description: 'Fuzz', schema } } },
      ),
    ]);
    for (const answer of [published, ...others]) expectNoFailure(answer);
  });
  await fc.assert(property, { seed, numRuns: Math.ceil((cases * 0.1) / (inOneRequest + 2)) });
  expect(tendril.log.filter((line) => line.includes('"level":50'))).toEqual([]);
});

function check(count: number, property: fc.IRawProperty<unknown[]>): void {
  fc.assert(property, { seed, numRuns: Math.round(count) });
}

/** Runs it, and again where it was slow: any work is slow once on a busy machine, by the clock and by the garbage of others. */
function timed<T>(work: () => T): T {
  for (let nth = 1; ; nth++) {
    const startedMs = performance.now();
    const before = process.cpuUsage();
    const result = work();
    const wallMs = performance.now() - startedMs;
    const { user, system } = process.cpuUsage(before);
    const tookMs = Math.min(wallMs, (user + system) / 1000);
    if (tookMs <= slowMs) return result;
    if (nth === 5) throw new Error(`took ${tookMs.toFixed(0)} ms, five times in a row`);
  }
}

function expectNoFailure({ errors = [] }: GraphqlAnswer): void {
  expect(errors.map(({ extensions }) => extensions.code)).not.toContain('INTERNAL_SERVER_ERROR');
}
