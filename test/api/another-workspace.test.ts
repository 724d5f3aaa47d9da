import { getNamedType, isObjectType, isRequiredArgument } from 'graphql';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildGraphqlSchema } from '../../src/graphql/schema.js';
import { type Known, planOf, unusedPlans } from '../support/argument-plans.js';
import { eventually } from '../support/eventually.js';
import {
  deliveryOnce,
  newEventType,
  publish,
  publishForOne,
  publishMany,
  showDelivery,
  subscribe,
} from '../support/main-operations.js';
import { postGraphql, respondGraphql } from '../support/post-graphql.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { argumentsOf, type Leaf, leavesOf, selectionOf } from '../support/schema-walk.js';
import { addWorkspace } from '../support/second-workspace.js';
import { freshEnv, startTendril, type Tendril } from '../support/tendril.js';

const schema = buildGraphqlSchema();
const leaves = leavesOf(schema);
/** How a nested field that takes arguments is come to. */
const routes: Readonly<Record<string, (field: string) => string>> = {
  WebhookSubscription: (field) => `webhookSubscriptions(last: 1) { nodes { ${field} } }`,
};

interface Try {
  readonly name: string;
  readonly leaf: Leaf;
  readonly kind: keyof Known;
}

const tries: Try[] = leaves.flatMap((leaf) => {
  const plan = planOf(leaf);
  if (!plan || !('of' in plan)) return [];
  return plan.of.map((kind) => ({ name: `${leaf.field}, ${leaf.path}: ${kind}`, leaf, kind }));
});
const live = tries.filter(({ leaf }) => leaf.field.startsWith('Subscription.'));
// Mutations last, and those that make something behind the others: they give the stranger what it is asked about before.
const asked = tries.filter((one) => !live.includes(one)).toSorted((one, other) => rank(one) - rank(other));

function rank({ leaf }: Try): number {
  if (!leaf.field.startsWith('Mutation.')) return 0;
  return /\.(create|subscribe|publish)/.test(leaf.field) ? 2 : 1;
}

let owner: Tendril;
/** The same server, with the key of another workspace that has a subscription, an event and a delivery of its own. */
let stranger: Tendril;
let receiver: Receiver;
let known: Known;
let type: string;
let databaseUrl: string;

test('there is a plan for everything that the schema lets a caller give, and none for what it does not', () => {
  const missing = leaves.filter((leaf) => planOf(leaf) === undefined);
  expect(missing.map(({ field, path }) => `${field} ${path}`)).toEqual([]);
  expect(unusedPlans(leaves)).toEqual([]);
  expect(leaves.length).toBeGreaterThan(80);
});

// The second wall would hide a query that has lost its own condition: without it the first one stands alone.
describe.each([
  ['with row-level security underneath', true],
  ['by the conditions of its queries alone', false],
])('%s,', (_walls, isWalled) => {
  beforeAll(async () => {
    // What is asked here is everything at once.
    const large = { MAX_COST: '1000000', MAX_TOKENS: '20000', MAX_DEPTH: '40', MAX_ALIASES: '500' };
    const env = await freshEnv({ ...large, PUBLIC_URL: 'http://tendril.example' });
    owner = await startTendril(env, { stopAfterTest: false });
    databaseUrl = env.DATABASE_URL ?? '';
    if (!isWalled) await onDatabase(databaseUrl, tearDown);
    const key = await addWorkspace(env, 'other');
    stranger = {
      ...owner,
      key,
      http: (given = key) => owner.http(given),
      ws: (given = key) => owner.ws(given),
    };
    receiver = await startReceiver(204, { stopAfterTest: false });
    type = await newEventType(owner);
    known = await fill();
    const own = await newEventType(stranger);
    await subscribe(stranger, { endpointUrl: `${receiver.url}/strange`, eventTypes: [own] });
    await deliveryOnce(stranger, await publishForOne(stranger, own), 'DELIVERED');
  });

  afterAll(async () => {
    await owner.stop();
    await receiver.close();
  });

  test('as it is meant to be here', async () => {
    const held = ['workspace', 'api_key', 'webhook_subscription', 'event', 'delivery', 'attempt'];
    // A superuser is above the wall; an ordinary owner is held by it, and has no such role.
    const asTenant = `SET tendril.workspace_id = '';
      SELECT set_config('role', 'tendril_tenant', false) FROM pg_roles WHERE rolname = current_user AND rolsuper`;
    for (const table of held) {
      const count = `${asTenant}; SELECT count(*)::integer AS count FROM ${table}`;
      const results = (await onDatabase(databaseUrl, count)) as { rows: { count: number }[] }[];
      expect([table, results.at(-1)?.rows[0]?.count === 0]).toEqual([table, isWalled]);
    }
  });

  test('everything that can be asked without naming anything tells nothing of another workspace', async () => {
    const fields = Object.values(schema.getQueryType()?.getFields() ?? {});
    const free = fields.filter(({ args }) => !args.some(isRequiredArgument));
    expect(free.length).toBeGreaterThan(8);
    for (const { name, type: returned } of free) {
      const query = `{ ${name} ${selectionOf(schema, getNamedType(returned))} }`;
      const text = JSON.stringify(await postGraphql(stranger, query));
      expect(text).not.toContain('"errors"');
      for (const secret of [...Object.values(known), 'canary'])
        expect([name, secret, text.includes(secret)]).toEqual([name, secret, false]);
    }
  });

  describe('what another workspace has is answered like what nobody has, byte for byte', () => {
    test.each(asked)('$name', async ({ leaf, kind }) => {
      const ofOther = await answerOf(stranger, leaf, known[kind]);
      const ofNobody = await answerOf(stranger, leaf, nobodys(kind));
      expect(ofOther).toBe(ofNobody);
      expect(ofOther).not.toContain('canary');
      expect(ofOther).not.toContain('INTERNAL');
    });

    test('while its owner is answered otherwise wherever something is read by it', async () => {
      const same: string[] = [];
      for (const { name, leaf, kind } of asked.filter(({ leaf: { field } }) =>
        /^(Query|Webhook)/.test(field),
      )) {
        const own = await answerOf(owner, leaf, known[kind]);
        if (own === (await answerOf(owner, leaf, nobodys(kind)))) same.push(name);
      }
      // Not everything can be searched for, and nothing waits.
      const dull =
        /filter\.search: (subscription|endpointUrl|eventTypeName|idempotencyKey|delivery)$|backlog/;
      expect(same.filter((name) => !dull.test(name))).toEqual([]);
    });

    test('and whoever tried has changed nothing', async () => {
      const delivery = await showDelivery(owner, known.delivery);
      expect(delivery).toMatchObject({ status: 'DELIVERED', subscription: { id: known.subscription } });
      expect(delivery.attempts).toHaveLength(1);
      const { data } = await postGraphql(
        owner,
        `{ webhookSubscription(id: "${known.subscription}") { status endpointUrl }
          apiKeys { revokedAt } notificationEndpoints { endpoint status url } }`,
      );
      expect(data).toMatchObject({
        webhookSubscription: { status: 'ACTIVE', endpointUrl: known.endpointUrl },
        apiKeys: [{ revokedAt: null }],
      });
      expect((data as { notificationEndpoints: unknown[] }).notificationEndpoints).toContainEqual({
        endpoint: 'CRM',
        status: 'PENDING_CONFIRMATION',
        url: known.notifiedUrl,
      });
    });
  });

  test('what another workspace has waiting is not counted', async () => {
    const slow = await newEventType(owner);
    const input = { endpointUrl: `${receiver.url}/slow`, eventTypes: [slow], maxAttemptsPerSecond: 1 };
    const { id } = await subscribe(owner, input);
    await publishMany(owner, slow, 200);
    const waiting = async (who: Tendril) => {
      const asked = `{ all: backlog { dueCount } one: backlog(subscriptionId: "${id}") { dueCount } }`;
      const { all, one } = (await postGraphql(who, asked)).data as Record<string, { dueCount: number }>;
      return [all?.dueCount !== 0, one?.dueCount !== 0];
    };
    await eventually(async () => (await waiting(owner)).every(Boolean));
    expect(await waiting(stranger)).toEqual([false, false]);
    expect(await waiting(owner)).toEqual([true, true]);
  });

  test('no live update crosses, whatever the stream is asked to tell', async () => {
    const own = await newEventType(stranger);
    await subscribe(stranger, { endpointUrl: `${receiver.url}/live`, eventTypes: [own] });
    const { cursor } = await deliveryOnce(stranger, await publishForOne(stranger, own), 'DELIVERED');
    const client = stranger.ws();
    const told = new Map<string, string[]>();
    const follow = (name: string, document: ReturnType<typeof documentFor>) =>
      told.set(name, linesOf(client, document));
    const all = 'subscription { deliveryUpdated { id status event { payload } } }';
    follow('everything', { query: all, variables: {} });
    for (const { name, leaf, kind } of live) {
      follow(name, documentFor(leaf, known[kind]));
      if (leaf.path === 'after') follow('nobody’s cursor', documentFor(leaf, nobodys(kind)));
    }
    await client.iterate({ query: '{ viewer { workspace { id } } }' }).next();
    await deliveryOnce(owner, await publishForOne(owner, type, { note: 'canary-live' }), 'DELIVERED');
    const since =
      'subscription ($after: String) { deliveryUpdated(after: $after) { id status event { payload } } }';
    follow('since its own cursor', { query: since, variables: { after: cursor } });
    await publish(stranger, own, { note: 'our own' });
    const whole = ['everything', 'since its own cursor'];
    await eventually(() => whole.every((name) => told.get(name)?.some((line) => line.includes('DELIVERED'))));
    const after = live.find(({ leaf }) => leaf.path === 'after')?.name ?? '';
    expect(told.get(after)).toEqual(told.get('nobody’s cursor'));
    expect(told.get(after)).not.toEqual([]);
    for (const [name, lines] of told) {
      const heard = lines.join('\n');
      for (const secret of ['canary', known.subscription])
        expect([name, heard.includes(secret)]).toEqual([name, false]);
      if (![...whole, after, 'nobody’s cursor'].includes(name)) expect([name, lines]).toEqual([name, []]);
    }
  });
});

test('what another workspace has takes up none of its room, by the conditions of the queries alone', async () => {
  const env = await freshEnv({ SUBSCRIPTIONS_PER_WORKSPACE: '1' });
  const first = await startTendril(env);
  await onDatabase(env.DATABASE_URL ?? '', tearDown);
  const key = await addWorkspace(env, 'other');
  const input = { endpointUrl: 'http://127.0.0.1:1024/', eventTypes: ['payout.paid'] };
  await subscribe(first, input);
  await subscribe({ ...first, http: () => first.http(key) }, input);
});

async function fill(): Promise<Known> {
  const notifiedUrl = `${receiver.url}/canary-notified`;
  const notified = `mutation ($url: String!) { subscribeToNotifications(endpoints: [{ endpoint: CRM, url: $url }]) { userErrors { code } } }`;
  await postGraphql(owner, notified, { variables: { url: notifiedUrl } });
  const [question] = await receiver.waitFor(1);
  const endpointUrl = `${receiver.url}/canary-endpoint`;
  const headers = [{ name: 'x-secret', value: 'canary-header' }];
  const { id: subscription } = await subscribe(owner, { endpointUrl, eventTypes: [type], headers });
  const publishOne = `mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id deliveries { id } } } }`;
  const input = { type, payload: { note: 'canary-payload' }, idempotencyKey: 'canary-idempotency-key' };
  const published = (await postGraphql(owner, publishOne, { variables: { input } })).data as {
    publishEvent: { event: { id: string; deliveries: { id: string }[] } };
  };
  const delivery = published.publishEvent.event.deliveries[0]?.id ?? '';
  const shown = await deliveryOnce(owner, delivery, 'DELIVERED');
  const { data } = await postGraphql(
    owner,
    `{ viewer { workspace { id } apiKey { id } } eventTypes(search: "${type}") { nodes { id } pageInfo { endCursor } }
      deliveries { pageInfo { endCursor } } events { pageInfo { endCursor } }
      webhookSubscriptions { pageInfo { endCursor } } }`,
  );
  const { viewer, eventTypes, deliveries, events, webhookSubscriptions } = data as Record<string, Seen>;
  return {
    workspace: viewer?.workspace.id ?? '',
    apiKey: viewer?.apiKey.id ?? '',
    eventType: eventTypes?.nodes[0]?.id ?? '',
    subscription,
    event: shown.event.id,
    delivery,
    attempt: shown.attempts[0]?.id ?? '',
    token: (JSON.parse(question?.body ?? '{}') as { Token: string }).Token,
    eventTypeName: type,
    eventTypeGroup: type.split('.')[0] ?? '',
    idempotencyKey: input.idempotencyKey,
    payloadText: input.payload.note,
    endpointUrl,
    notifiedUrl,
    deliveryCursor: deliveries?.pageInfo.endCursor ?? '',
    eventCursor: events?.pageInfo.endCursor ?? '',
    subscriptionCursor: webhookSubscriptions?.pageInfo.endCursor ?? '',
    eventTypeCursor: eventTypes?.pageInfo.endCursor ?? '',
    updateCursor: (await showDelivery(owner, delivery)).cursor,
  };
}

interface Seen {
  workspace: { id: string };
  apiKey: { id: string };
  nodes: { id: string }[];
  pageInfo: { endCursor: string };
}

/** What a stream tells, filled while it is told. */
function linesOf(client: ReturnType<Tendril['ws']>, document: ReturnType<typeof documentFor>): string[] {
  const lines: string[] = [];
  const note = (heard: unknown) =>
    void lines.push(JSON.stringify(heard).replace(/"requestId":"[^"]+"/g, '"requestId":"<new>"'));
  client.subscribe({ ...document }, { next: note, error: note, complete: () => undefined });
  return lines;
}

async function onDatabase(url: string, statements: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(statements);
  } finally {
    await client.end();
  }
}

const tearDown = `DO $$ DECLARE walled regclass; BEGIN
    FOR walled IN SELECT polrelid FROM pg_policy LOOP
      EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', walled);
    END LOOP;
  END $$`;

/** Another thing of the same form that nobody has. */
function nobodys(kind: keyof Known): string {
  const real = known[kind];
  if (kind === 'token') return `A${real.slice(1, -1)}A`;
  if (kind.endsWith('Cursor')) {
    const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
    const text = Buffer.from(real, 'base64url').toString();
    expect(text).toMatch(uuid);
    return Buffer.from(text.replace(uuid, '01890a5d-ac96-774b-bcce-b302099a8057')).toString('base64url');
  }
  if (/^[a-z]+_[0-9a-z]{26}$/.test(real)) return real.replace(/_.*/, '_01h455vb4pex5vsknk084sn02q');
  return real.replace(/.(?=.{3}$)/, (letter) => (letter === 'z' ? 'y' : 'z'));
}

/** The document that puts a value in a place, with all else that its field must be given, and asks for everything. */
function documentFor(
  { field, path }: Leaf,
  value: string,
): { query: string; variables: Record<string, unknown> } {
  const [typeName = '', fieldName = ''] = field.split('.');
  const on = schema.getType(typeName);
  const definition = isObjectType(on) ? on.getFields()[fieldName] : undefined;
  if (!definition) throw new TypeError(`${field} is no field`);
  const values = new Map<string, unknown>([[path, value]]);
  for (const other of leaves.filter((one) => one.field === field && one.path !== path)) {
    const plan = planOf(other);
    if (isNeeded(other, definition.args) || siblingOf(other, path))
      values.set(other.path, plan && 'value' in plan ? plan.value : plainOf(other));
  }
  const { declared, passed, variables } = argumentsOf(definition, values);
  const selected = `${fieldName}${passed} ${selectionOf(schema, getNamedType(definition.type))}`;
  const kind = { Query: 'query', Mutation: 'mutation', Subscription: 'subscription' }[typeName] ?? 'query';
  const route = kind === 'query' && typeName !== 'Query' ? routes[typeName] : (same: string) => same;
  if (!route) throw new TypeError(`nobody knows the way to ${typeName}`);
  return { query: `${kind} ${declared} { ${route(selected)} }`, variables };
}

function isNeeded(leaf: Leaf, args: readonly Parameters<typeof isRequiredArgument>[0][]): boolean {
  return args.some((one) => isRequiredArgument(one) && one.name === leaf.path) || leaf.isRequired;
}

/** Where the input that holds a place is given at all, what else it requires is too. */
function siblingOf(leaf: Leaf, path: string): boolean {
  return leaf.isRequired && leaf.path.split('.')[0] === path.split('.')[0];
}

/** What takes things that others know is filled with what is nobody's, where something else is tried. */
function plainOf({ path }: Leaf): unknown {
  if (path.endsWith('endpointUrl') || path.endsWith('url')) return `${receiver.url}/strange`;
  return path.endsWith('id') ? 'wsub_01h455vb4pex5vsknk084sn02q' : 'payout.paid';
}

/** An answer as bytes, without what is new in every one: what was given, moments, ids and secrets made just then. */
async function answerOf(who: Tendril, leaf: Leaf, value: string): Promise<string> {
  const { query, variables } = documentFor(leaf, value);
  const response = await respondGraphql(who, query, { variables });
  const text = (await response.text()).replaceAll(value, '<given>');
  expect(text).not.toContain('GRAPHQL_VALIDATION_FAILED');
  return `${response.status} ${text}`
    .replace(/"[a-z]+_[0-9a-z]{26}"/g, '"<id>"')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<moment>')
    .replace(/"(whsec|whpk|tdl)_[^"]+"/g, '"<secret>"')
    .replace(/"(cursor|startCursor|endCursor|requestId)":"[^"]+"/g, '"$1":"<new>"');
}
