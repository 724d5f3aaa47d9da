import { afterAll, beforeAll, expect, test } from 'vitest';
import { newKey } from '../support/new-key.js';
import { postGraphql } from '../support/post-graphql.js';
import { addWorkspace } from '../support/second-workspace.js';
import { type Env, freshEnv, startTendril, type Tendril } from '../support/tendril.js';

// Each use is written so that it changes nothing, whatever it is answered: what counts is that it was asked.
const eventTypes = 'eventTypes(first: 1) { nodes { name } }';
const list = 'webhookSubscriptions { totalCount }';
const create =
  'createWebhookSubscription(input: { endpointUrl: "", eventTypes: [] }) { userErrors { code } }';
const get = 'webhookSubscription(id: "wsub_00000000000000000000000000") { id }';
const remove = 'deleteWebhookSubscription(id: "wsub_00000000000000000000000000") { deletedId }';
const update =
  'updateWebhookSubscription(input: { id: "wsub_00000000000000000000000000" }) { userErrors { code } }';

let env: Env;
let tendril: Tendril;

beforeAll(async () => {
  env = await freshEnv({ MANAGEMENT_REQUESTS_PER_MINUTE: '' });
  tendril = await startTendril(env, { stopAfterTest: false });
});

afterAll(() => tendril.stop());

test('HOURLY-50 MUST: the event types are listed 50 times a minute, and not a 51st time', async () => {
  expect(await usesUntilRefused(`{ ${eventTypes} }`)).toBe(50);
});

test('HOURLY-51 MUST: subscriptions are listed 50 times a minute, and not a 51st time', async () => {
  expect(await usesUntilRefused(`{ ${list} }`)).toBe(50);
});

test('HOURLY-52 MUST: subscriptions are created 50 times a minute, and not a 51st time', async () => {
  expect(await usesUntilRefused(`mutation { ${create} }`)).toBe(50);
});

test('HOURLY-53 MUST: a subscription is got 50 times a minute, and not a 51st time', async () => {
  expect(await usesUntilRefused(`{ ${get} }`)).toBe(50);
});

test('HOURLY-54 MUST: subscriptions are deleted 50 times a minute, and not a 51st time', async () => {
  expect(await usesUntilRefused(`mutation { ${remove} }`)).toBe(50);
});

test('HOURLY-55 MUST: subscriptions are updated 100 times a minute, and not a 101st time', async () => {
  expect(await usesUntilRefused(`mutation { ${update} }`)).toBe(100);
});

test('HOURLY-56 SHOULD: the limits hold for each key', async () => {
  const [one, other] = [await newKey(tendril), await newKey(tendril)];
  expect(await usesUntilRefused(`{ ${list} }`, one.key)).toBe(50);
  expect(await usesUntilRefused(`{ ${list} }`, other.key)).toBe(50);
});

test('HOURLY-57 SHOULD: the limits hold for each of the root fields', async () => {
  const { key } = await newKey(tendril);
  expect(await usesUntilRefused(`{ ${list} }`, key)).toBe(50);
  expect(await usesUntilRefused(`{ ${get} }`, key)).toBe(50);
  expect(await usesUntilRefused(`mutation { ${update} }`, key)).toBe(100);
});

test('HOURLY-58 SHOULD: the limits hold in every workspace', async () => {
  const key = await addWorkspace(env, 'another');
  expect(await usesUntilRefused(`{ ${list} }`, key)).toBe(50);
});

test('HOURLY-59 SHOULD: every use counts, under other names and in fragments too', async () => {
  const { key } = await newKey(tendril);
  const ten = Array.from({ length: 8 }, (_, n) => `a${n}: ${get}`).join(' ');
  const query = `{ ${ten} ...two } fragment two on Query { b: ${get} ... { c: ${get} } }`;
  expect(await usesUntilRefused(query, key)).toBe(5);
  expect(await usesUntilRefused(`{ ${get} }`, key)).toBe(0);
});

test('HOURLY-60 SHOULD: what is skipped is no use', async () => {
  const { key } = await newKey(tendril);
  for (let n = 0; n < 60; n += 1)
    await postGraphql(tendril, `query ($no: Boolean = false) { ${get} @include(if: $no) __typename }`, {
      key,
    });
  expect(await usesUntilRefused(`{ ${get} }`, key)).toBe(50);
});

test('HOURLY-61 SHOULD: MANAGEMENT_REQUESTS_PER_MINUTE changes the limits, and update gets twice as many', async () => {
  const few = await startTendril(await freshEnv({ MANAGEMENT_REQUESTS_PER_MINUTE: '3' }));
  expect(await usesUntilRefused(`{ ${list} }`, few.key, few)).toBe(3);
  expect(await usesUntilRefused(`mutation { ${update} }`, few.key, few)).toBe(6);
});

test('HOURLY-62 SHOULD: MANAGEMENT_REQUESTS_PER_MINUTE=0 sets no limit', async () => {
  const unlimited = await startTendril(await freshEnv({ MANAGEMENT_REQUESTS_PER_MINUTE: '0' }));
  expect(await usesUntilRefused(`{ ${list} }`, unlimited.key, unlimited)).toBe(120);
});

/** How often a document is answered before it is RATE_LIMITED; 120 where it is not at all. With a key of its own unless one is given. */
async function usesUntilRefused(query: string, given?: string, to = tendril): Promise<number> {
  const key = given ?? (await newKey(to)).key;
  for (let uses = 0; uses < 120; uses += 1) {
    const { errors, data } = await postGraphql(to, query, { key });
    if (errors?.every(({ extensions }) => extensions.code === 'RATE_LIMITED')) return uses;
    expect(errors).toBeUndefined();
    expect(data).toBeTruthy();
  }
  return 120;
}
