import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  CreateEventTypeDocument,
  CreateWebhookSubscriptionDocument,
  type CreateWebhookSubscriptionInput,
  DeleteWebhookSubscriptionDocument,
  RotateWebhookSecretDocument,
  type RotateWebhookSecretMutationVariables,
  type SubscriptionFieldsFragment,
  UpdateWebhookSubscriptionDocument,
  type UpdateWebhookSubscriptionInput,
  WebhookSubscriptionDocument,
  type WebhookSubscriptionFilter,
  WebhookSubscriptionsDocument,
  type WebhookSubscriptionsQueryVariables,
} from '../../generated/operations.js';
import { postGraphql } from '../support/post-graphql.js';
import { freshEnv, startTendril, type Tendril } from '../support/tendril.js';

const endpointUrl = 'https://receiver.example/hook';
const nobody = 'wsub_01h455vb4pex5vsknk084sn02q';

let tendril: Tendril;

beforeAll(async () => {
  tendril = await startTendril(await freshEnv({ ALLOW_HTTP_ENDPOINTS: 'false', ALLOWED_NETWORKS: '' }), {
    stopAfterTest: false,
  });
});

afterAll(() => tendril.stop());

describe('a subscription that is made', () => {
  test('has the defaults of the STANDARD profile, and reads back as it was answered', async () => {
    const { subscription, secret } = await create({ endpointUrl, eventTypes: ['payout.paid'] });
    expect(subscription).toEqual({
      id: expect.stringMatching(/^wsub_[0-7][0-9a-hjkmnp-tv-z]{25}$/),
      endpointUrl,
      eventTypes: ['payout.paid'],
      description: null,
      status: 'ACTIVE',
      disabledReason: null,
      profile: { name: 'STANDARD' },
      signatureScheme: 'HMAC_SHA256',
      publicKey: null,
      retryScheduleSeconds: [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400],
      timeoutSeconds: 15,
      headers: [],
      filter: null,
      maxAttemptsPerSecond: null,
      createdAt: expect.stringMatching(/Z$/),
      updatedAt: expect.stringMatching(/Z$/),
    });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(await read(subscription.id)).toEqual({
      ...subscription,
      lastDelivery: null,
      deliveryCount: 0,
      failureCount: 0,
      errorRate: null,
    });
  });

  test('keeps everything that it was made with', async () => {
    const given: CreateWebhookSubscriptionInput = {
      endpointUrl: 'https://receiver.example:8443/hook?a=b%20c',
      eventTypes: ['payout.paid', 'refund.*', '*'],
      description: 'Für Zoë 🙂',
      status: 'INACTIVE',
      profile: 'IVYMAIL',
      retryPolicy: { scheduleSeconds: [1, 604_800] },
      timeoutSeconds: 30,
      headers: [
        { name: 'X-Team', value: 'payments' },
        { name: 'Authorization', value: 'Bearer of their own' },
      ],
      filter: { 'customer.country': { $in: ['NZ', 'AU'] }, amount: { $gte: 100.5 } },
      maxAttemptsPerSecond: 7,
      signatureScheme: 'ED25519',
    };
    const { subscription } = await create(given);
    const { retryPolicy, profile, ...same } = given;
    expect(subscription).toMatchObject({
      ...same,
      profile: { name: profile },
      retryScheduleSeconds: retryPolicy?.scheduleSeconds,
    });
  });

  test('has the defaults where null is given for them', async () => {
    const nulls = { description: null, status: null, profile: null, retryPolicy: null, timeoutSeconds: null };
    const more = { headers: null, filter: null, maxAttemptsPerSecond: null, signatureScheme: null };
    const { subscription } = await create({ endpointUrl, eventTypes: ['*'], ...nulls, ...more });
    expect(subscription).toMatchObject({
      status: 'ACTIVE',
      profile: { name: 'STANDARD' },
      signatureScheme: 'HMAC_SHA256',
      timeoutSeconds: 15,
      headers: [],
    });
  });

  test('names an event type once, however often it was given', async () => {
    const { subscription } = await create({
      endpointUrl,
      eventTypes: ['refund.*', 'payout.paid', 'refund.*'],
    });
    expect(subscription.eventTypes).toEqual(['refund.*', 'payout.paid']);
  });

  test('shows its secret once: no other answer has it, and neither has the log', async () => {
    const { subscription, secret } = await create({
      endpointUrl,
      eventTypes: ['*'],
      description: 'secretive',
    });
    const answers = [
      await tendril.http().request(WebhookSubscriptionsDocument, { filter: { search: 'secretive' } }),
      await tendril.http().request(WebhookSubscriptionDocument, { id: subscription.id }),
      await update({ id: subscription.id, description: 'still secretive' }),
      tendril.log,
    ];
    expect(JSON.stringify(answers)).toContain(subscription.id);
    expect(JSON.stringify(answers)).not.toContain(secret?.slice(6));
  });

  test('signed by ED25519 has a public key and shows no secret', async () => {
    const { subscription, secret } = await create({
      endpointUrl,
      eventTypes: ['*'],
      signatureScheme: 'ED25519',
    });
    expect(secret).toBeNull();
    expect(subscription.publicKey).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
  });

  test('of the profile IVVY waits for its receiver to confirm', async () => {
    const { subscription } = await create({ endpointUrl, eventTypes: ['*'], profile: 'IVVY' });
    expect(subscription).toMatchObject({ status: 'PENDING_CONFIRMATION', profile: { name: 'IVVY' } });
  });
});

describe('what a subscription may be made of', () => {
  test.each<[string, Partial<CreateWebhookSubscriptionInput>]>([
    ['100 event types', { eventTypes: Array.from({ length: 100 }, (_, index) => `group-${index}.*`) }],
    ['20 headers of 4 KiB', { headers: headers(20, 4096) }],
    ['a description of 1000 characters', { description: '🙂'.repeat(1000) }],
    ['an empty description', { description: '' }],
    ['a URL of 2083 characters', { endpointUrl: urlOf(2083) }],
    ['a schedule of 60 entries', { retryPolicy: { scheduleSeconds: Array(60).fill(604_800) } }],
    ['a schedule without entries', { retryPolicy: { scheduleSeconds: [] } }],
    ['a timeout of 1 second', { timeoutSeconds: 1 }],
    ['one attempt a second', { maxAttemptsPerSecond: 1 }],
    ['a filter that fits everything', { filter: {} }],
    ['an event type of 255 characters', { eventTypes: [`${'g'.repeat(253)}.*`] }],
  ])('%s', async (_name, more) => {
    const { subscription } = await create({ endpointUrl, eventTypes: ['*'], ...more });
    expect(subscription.id).toMatch(/^wsub_/);
  });
});

describe('what a subscription cannot be made or changed to', () => {
  type Wrong = Partial<CreateWebhookSubscriptionInput>;
  const faults: [name: string, wrong: Wrong, code: string, field: string][] = [
    ['a URL that is none', { endpointUrl: 'receiver.example' }, 'INVALID_ENDPOINT_URL', 'endpointUrl'],
    ['an empty URL', { endpointUrl: '' }, 'INVALID_ENDPOINT_URL', 'endpointUrl'],
    ['a script', { endpointUrl: 'javascript:alert(1)' }, 'INVALID_ENDPOINT_URL', 'endpointUrl'],
    ['a file', { endpointUrl: 'file:///etc/passwd' }, 'INVALID_ENDPOINT_URL', 'endpointUrl'],
    ['http://', { endpointUrl: 'http://receiver.example' }, 'INVALID_ENDPOINT_URL', 'endpointUrl'],
    ['userinfo', { endpointUrl: 'https://a:b@receiver.example' }, 'INVALID_ENDPOINT_URL', 'endpointUrl'],
    ['a fragment', { endpointUrl: 'https://receiver.example/#x' }, 'INVALID_ENDPOINT_URL', 'endpointUrl'],
    ['a mail port', { endpointUrl: 'https://receiver.example:25' }, 'INVALID_ENDPOINT_URL', 'endpointUrl'],
    ['a URL of 2084 characters', { endpointUrl: urlOf(2084) }, 'INVALID_ENDPOINT_URL', 'endpointUrl'],
    [
      'a URL with U+0000',
      { endpointUrl: 'https://receiver.example/\0' },
      'INVALID_ENDPOINT_URL',
      'endpointUrl',
    ],
    ['no event types', { eventTypes: [] }, 'INVALID_EVENT_TYPES', 'eventTypes'],
    ['101 event types', { eventTypes: Array(101).fill('*') }, 'INVALID_EVENT_TYPES', 'eventTypes'],
    ['a group of groups', { eventTypes: ['a.b.*'] }, 'INVALID_EVENT_TYPES', 'eventTypes.0'],
    ['a bare group', { eventTypes: ['*', 'payout'] }, 'INVALID_EVENT_TYPES', 'eventTypes.1'],
    ['an event type with U+0000', { eventTypes: ['a\0.b'] }, 'INVALID_EVENT_TYPES', 'eventTypes.0'],
    [
      'a name of 256 characters',
      { eventTypes: [`${'g'.repeat(254)}.h`] },
      'INVALID_EVENT_TYPES',
      'eventTypes.0',
    ],
    ['an unknown event type', { eventTypes: ['no.such'] }, 'UNKNOWN_EVENT_TYPE', 'eventTypes.0'],
    ['DISABLED', { status: 'DISABLED' }, 'INVALID_STATUS', 'status'],
    ['PENDING_CONFIRMATION', { status: 'PENDING_CONFIRMATION' }, 'INVALID_STATUS', 'status'],
    [
      'a description of 1001 characters',
      { description: '🙂'.repeat(1001) },
      'INVALID_DESCRIPTION',
      'description',
    ],
    ['a description with U+0000', { description: 'a\0b' }, 'INVALID_DESCRIPTION', 'description'],
    [
      'a description with half of a surrogate pair',
      { description: 'a\ud800b' },
      'INVALID_DESCRIPTION',
      'description',
    ],
    ...[0, -1, 604_801].map((seconds): [string, Wrong, string, string] => [
      `a delay of ${seconds} seconds`,
      { retryPolicy: { scheduleSeconds: [60, seconds] } },
      'INVALID_RETRY_POLICY',
      'retryPolicy.scheduleSeconds.1',
    ]),
    [
      'a schedule of 61 entries',
      { retryPolicy: { scheduleSeconds: Array(61).fill(1) } },
      'INVALID_RETRY_POLICY',
      'retryPolicy.scheduleSeconds',
    ],
    ['a timeout of 0 seconds', { timeoutSeconds: 0 }, 'INVALID_TIMEOUT', 'timeoutSeconds'],
    ['a timeout of 31 seconds', { timeoutSeconds: 31 }, 'INVALID_TIMEOUT', 'timeoutSeconds'],
    ['no attempts at all', { maxAttemptsPerSecond: 0 }, 'INVALID_ATTEMPT_RATE', 'maxAttemptsPerSecond'],
    ['attempts backwards', { maxAttemptsPerSecond: -5 }, 'INVALID_ATTEMPT_RATE', 'maxAttemptsPerSecond'],
    ['21 headers', { headers: headers(21, 20) }, 'INVALID_HEADER', 'headers.20.name'],
    ['a header of more than 4 KiB', { headers: headers(1, 4097) }, 'INVALID_HEADER', 'headers.0.value'],
    [
      'a header of its own signature',
      { headers: [header('webhook-signature')] },
      'INVALID_HEADER',
      'headers.0.name',
    ],
    ['a host header', { headers: [header('X-A'), header('Host')] }, 'INVALID_HEADER', 'headers.1.name'],
    ['a header twice', { headers: [header('X-A'), header('x-a')] }, 'INVALID_HEADER', 'headers.1.name'],
    ['a line break', { headers: [{ name: 'x-a', value: 'b\r\nc: d' }] }, 'INVALID_HEADER', 'headers.0.value'],
    ['a filter that runs code', { filter: { $where: 'true' } }, 'INVALID_FILTER', 'filter'],
    ['a filter that is a list', { filter: [] }, 'INVALID_FILTER', 'filter'],
    ['a filter that is a text', { filter: 'amount > 3' }, 'INVALID_FILTER', 'filter'],
    ['a filter by pattern', { filter: { a: { $regex: '(a+)+$' } } }, 'INVALID_FILTER', 'filter'],
  ];

  test.each(faults)('%s', async (_name, wrong, code, field) => {
    const fault = {
      code,
      type: 'VALIDATION_ERROR',
      message: expect.stringMatching(/.+\.$/),
      field: ['input', ...field.split('.')],
    };
    const before = await count();
    const created = await tendril.http().request(CreateWebhookSubscriptionDocument, {
      input: { endpointUrl, eventTypes: ['*'], ...wrong },
    });
    expect(created.createWebhookSubscription).toEqual({
      subscription: null,
      secret: null,
      userErrors: [fault],
    });
    expect(await count()).toBe(before);

    const { subscription } = await create({ endpointUrl, eventTypes: ['*'] });
    const updated = await update({ ...wrong, id: subscription.id });
    expect(updated).toEqual({ subscription: null, userErrors: [fault] });
    expect(await read(subscription.id)).toMatchObject(subscription);
  });

  const wrongEverywhere = {
    endpointUrl: 'ftp://receiver.example',
    eventTypes: ['no.such', 'payout.paid', 'nonsense'],
    description: 'd'.repeat(1001),
    status: 'DISABLED' as const,
    retryPolicy: { scheduleSeconds: [0, 1, -1] },
    timeoutSeconds: 31,
    headers: [{ name: 'ho st', value: '\n' }],
    filter: { a: { $regex: 'x' }, $where: 'y' },
    maxAttemptsPerSecond: 0,
  };
  const allFaults = [
    'INVALID_ENDPOINT_URL endpointUrl',
    'UNKNOWN_EVENT_TYPE eventTypes.0',
    'INVALID_EVENT_TYPES eventTypes.2',
    'INVALID_STATUS status',
    'INVALID_DESCRIPTION description',
    'INVALID_RETRY_POLICY retryPolicy.scheduleSeconds.0',
    'INVALID_RETRY_POLICY retryPolicy.scheduleSeconds.2',
    'INVALID_TIMEOUT timeoutSeconds',
    'INVALID_ATTEMPT_RATE maxAttemptsPerSecond',
    'INVALID_HEADER headers.0.name',
    'INVALID_HEADER headers.0.value',
    'INVALID_FILTER filter',
    'INVALID_FILTER filter',
  ];
  const told = (errors: readonly { code: string; field?: readonly string[] | null | undefined }[]) =>
    errors.map(({ code, field }) => `${code} ${field?.slice(1).join('.')}`);

  test('is told with all its faults at once', async () => {
    const { createWebhookSubscription } = await tendril
      .http()
      .request(CreateWebhookSubscriptionDocument, { input: wrongEverywhere });
    expect(told(createWebhookSubscription.userErrors)).toEqual(allFaults);

    const { subscription } = await create({ endpointUrl, eventTypes: ['*'] });
    const { userErrors } = await update({ id: subscription.id, ...wrongEverywhere });
    expect(told(userErrors)).toEqual(allFaults);
  });

  test('is told with the subscription that is not there, where there is none', async () => {
    const { userErrors } = await update({ id: nobody, ...wrongEverywhere });
    expect(told(userErrors)).toEqual(['SUBSCRIPTION_NOT_FOUND id', ...allFaults]);
    expect(userErrors[0]?.type).toBe('NOT_FOUND');
  });

  test('a number that is no Int is refused before anything is looked at', async () => {
    for (const timeoutSeconds of [1.5, 3e9, '3']) {
      const { errors } = await postGraphql(
        tendril,
        'mutation ($input: CreateWebhookSubscriptionInput!) { createWebhookSubscription(input: $input) { secret } }',
        { variables: { input: { endpointUrl, eventTypes: ['*'], timeoutSeconds } } },
      );
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    }
  });

  test.each([
    '127.0.0.1',
    'localhost',
    'sub.localhost',
    '10.0.0.8',
    '192.168.1.1',
    '169.254.169.254',
    '0.0.0.0',
    '2130706433',
    '0x7f.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[fd00::1]',
    '[2002:7f00:1::]',
  ])('an endpoint at %s, which is not public', async (host) => {
    const input = { endpointUrl: `https://${host}/hook`, eventTypes: ['*'] };
    const { createWebhookSubscription } = await tendril
      .http()
      .request(CreateWebhookSubscriptionDocument, { input });
    expect(createWebhookSubscription.userErrors).toMatchObject([
      { code: 'ENDPOINT_ADDRESS_NOT_ALLOWED', type: 'VALIDATION_ERROR', field: ['input', 'endpointUrl'] },
    ]);
  });

  test('an endpoint at a port that is not opened', async () => {
    const open = await startTendril(await freshEnv({ ALLOWED_PORTS: '25' }));
    const at = (port: number) => ({ endpointUrl: `https://receiver.example:${port}/hook` });
    const codesOf = ({ userErrors }: { userErrors: readonly { code: string }[] }) =>
      userErrors.map(({ code }) => code);
    const http = open.http();
    const make = async (port: number) => {
      const input = { ...at(port), eventTypes: ['*'] };
      return (await http.request(CreateWebhookSubscriptionDocument, { input })).createWebhookSubscription;
    };
    const made = await make(25);
    expect(made.userErrors).toEqual([]);
    expect(codesOf(await make(26))).toEqual(['INVALID_ENDPOINT_URL']);
    const id = made.subscription?.id ?? '';
    for (const [port, codes] of [
      [25, []],
      [26, ['INVALID_ENDPOINT_URL']],
    ] as const) {
      const input = { id, ...at(port) };
      const { updateWebhookSubscription } = await http.request(UpdateWebhookSubscriptionDocument, { input });
      expect(codesOf(updateWebhookSubscription)).toEqual(codes);
    }
  });

  test("an endpoint at the server's own address, be it allowed otherwise", async () => {
    const open = await startTendril(await freshEnv({ PUBLIC_URL: 'https://hooks.tendril.example' }));
    const { port } = new URL(open.url);
    const own = [
      `http://127.0.0.1:${port}/graphql`,
      `http://localhost:${port}`,
      `http://LOCALHOST.:${port}`,
      `http://[::ffff:127.0.0.1]:${port}/`,
      `http://127.1:${port}/`,
      'https://hooks.tendril.example/confirm',
    ];
    for (const url of own) {
      const input = { endpointUrl: url, eventTypes: ['*'] };
      const answer = await open.http().request(CreateWebhookSubscriptionDocument, { input });
      const codes = answer.createWebhookSubscription.userErrors.map(({ code }) => code);
      expect([url, ...codes]).toEqual([url, 'ENDPOINT_ADDRESS_NOT_ALLOWED']);
    }
  });
});

describe('an update', () => {
  const full: CreateWebhookSubscriptionInput = {
    endpointUrl,
    eventTypes: ['payout.paid', 'refund.*'],
    description: 'before',
    status: 'ACTIVE',
    retryPolicy: { scheduleSeconds: [7, 8] },
    timeoutSeconds: 9,
    headers: [header('X-Before')],
    filter: { before: true },
    maxAttemptsPerSecond: 10,
  };
  type Change = Omit<UpdateWebhookSubscriptionInput, 'id'>;
  const standardSchedule = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400];

  const values: [change: Change, shown: Partial<SubscriptionFieldsFragment>][] = [
    [{ endpointUrl: 'https://other.example/' }, { endpointUrl: 'https://other.example/' }],
    [{ eventTypes: ['*'] }, { eventTypes: ['*'] }],
    [{ description: 'after' }, { description: 'after' }],
    [{ status: 'INACTIVE' }, { status: 'INACTIVE' }],
    [{ retryPolicy: { scheduleSeconds: [1] } }, { retryScheduleSeconds: [1] }],
    [{ timeoutSeconds: 30 }, { timeoutSeconds: 30 }],
    [{ headers: [header('X-After'), header('X-And')] }, { headers: [header('X-After'), header('X-And')] }],
    [{ filter: { after: { $exists: true } } }, { filter: { after: { $exists: true } } }],
    [{ maxAttemptsPerSecond: 11 }, { maxAttemptsPerSecond: 11 }],
  ];
  const nulls: typeof values = [
    [{ description: null }, { description: null }],
    [{ retryPolicy: null }, { retryScheduleSeconds: standardSchedule }],
    [{ timeoutSeconds: null }, { timeoutSeconds: 15 }],
    [{ headers: null }, { headers: [] }],
    [{ headers: [] }, { headers: [] }],
    [{ filter: null }, { filter: null }],
    [{ maxAttemptsPerSecond: null }, { maxAttemptsPerSecond: null }],
  ];

  test.each([...values, ...nulls])('of %j changes that and nothing else', async (change, shown) => {
    const { subscription: before } = await create(full);
    const updated = await update({ id: before.id, ...change });
    expect(updated).toEqual({
      subscription: { ...before, ...shown, updatedAt: expect.any(String) },
      userErrors: [],
    });
    expect(Date.parse(updated.subscription?.updatedAt ?? '')).toBeGreaterThanOrEqual(
      Date.parse(before.updatedAt),
    );
    expect(await read(before.id)).toMatchObject(updated.subscription ?? {});
  });

  test.each<[string, string]>([
    ['endpointUrl', 'INVALID_ENDPOINT_URL'],
    ['eventTypes', 'INVALID_EVENT_TYPES'],
    ['status', 'INVALID_STATUS'],
  ])('of %s to null is refused, as it cannot be empty', async (field, code) => {
    const { subscription } = await create(full);
    const { userErrors } = await update({ id: subscription.id, [field]: null });
    expect(userErrors).toMatchObject([{ code, field: ['input', field] }]);
    expect(await read(subscription.id)).toMatchObject(subscription);
  });

  test('of nothing changes nothing', async () => {
    const { subscription } = await create(full);
    expect(await update({ id: subscription.id })).toEqual({
      subscription: { ...subscription, updatedAt: expect.any(String) },
      userErrors: [],
    });
  });

  test('of everything at once changes everything', async () => {
    const { subscription } = await create(full);
    const all = Object.assign({}, ...values.map(([change]) => change)) as Change;
    const shown = Object.assign(
      {},
      ...values.map(([, fields]) => fields),
    ) as Partial<SubscriptionFieldsFragment>;
    expect((await update({ id: subscription.id, ...all })).subscription).toMatchObject(shown);
  });

  test('by two callers at the same time loses neither', async () => {
    const { subscription } = await create(full);
    await Promise.all([
      update({ id: subscription.id, description: 'one' }),
      update({ id: subscription.id, timeoutSeconds: 21 }),
      update({ id: subscription.id, eventTypes: ['dispute.*'] }),
    ]);
    expect(await read(subscription.id)).toMatchObject({
      description: 'one',
      timeoutSeconds: 21,
      eventTypes: ['dispute.*'],
    });
  });
});

describe('a deleted subscription', () => {
  test('is gone from everywhere, and cannot be changed, rotated or deleted again', async () => {
    const { subscription } = await create({ endpointUrl, eventTypes: ['*'], description: 'to be deleted' });
    const { id } = subscription;
    const deleted = await tendril.http().request(DeleteWebhookSubscriptionDocument, { id });
    expect(deleted.deleteWebhookSubscription).toEqual({ deletedId: id, userErrors: [] });

    expect(await read(id)).toBeNull();
    expect((await list({ search: 'to be deleted' })).totalCount).toBe(0);
    expect(await postGraphql(tendril, `{ node(id: "${id}") { id } }`)).toEqual({ data: { node: null } });
    const notFound = (field: string[]) => [
      { code: 'SUBSCRIPTION_NOT_FOUND', type: 'NOT_FOUND', message: expect.any(String), field },
    ];
    const again = await tendril.http().request(DeleteWebhookSubscriptionDocument, { id });
    expect(again.deleteWebhookSubscription).toEqual({ deletedId: null, userErrors: notFound(['id']) });
    const rotated = await tendril.http().request(RotateWebhookSecretDocument, { id });
    expect(rotated.rotateWebhookSecret.userErrors).toEqual(notFound(['id']));
    expect((await update({ id, description: 'x' })).userErrors).toEqual(notFound(['input', 'id']));
  });
});

describe('an id that is none', () => {
  test.each([
    nobody,
    nobody.toUpperCase(),
    'evt_01h455vb4pex5vsknk084sn02q',
    'wsub_',
    '',
    "'; --",
    'wsub_\0',
    '7',
  ])('%j finds nothing, and is no error', async (id) => {
    expect(await read(id)).toBeNull();
    const { deleteWebhookSubscription } = await tendril
      .http()
      .request(DeleteWebhookSubscriptionDocument, { id });
    expect(deleteWebhookSubscription.userErrors).toMatchObject([{ code: 'SUBSCRIPTION_NOT_FOUND' }]);
  });
});

describe('rotating a secret', () => {
  test('gives a new one, and says until when the old one signs along', async () => {
    const { subscription, secret } = await create({ endpointUrl, eventTypes: ['*'] });
    const first = await rotate(subscription.id);
    expect(first).toMatchObject({ secret: expect.stringMatching(/^whsec_/), userErrors: [] });
    expect(first.secret).not.toBe(secret);
    expectIn(86_400, first.previousSecretExpiresAt);
    expectIn(604_800, (await rotate(subscription.id, 604_800)).previousSecretExpiresAt);
    expectIn(86_400, (await rotate(subscription.id, null)).previousSecretExpiresAt);
    expect((await rotate(subscription.id, 0)).previousSecretExpiresAt).toBeNull();
  });

  test('is refused where ten earlier secrets sign still, so that none ends before its time', async () => {
    const { subscription } = await create({ endpointUrl, eventTypes: ['*'] });
    const first = await rotate(subscription.id, 3_600);
    for (let more = 1; more < 10; more++) await rotate(subscription.id, 86_400);
    const { userErrors } = await rotate(subscription.id, 86_400);
    expect(userErrors).toEqual([
      expect.objectContaining({ code: 'INVALID_GRACE_PERIOD', field: ['gracePeriodSeconds'] }),
    ]);
    expect(userErrors[0]?.message).toContain(`until ${first.previousSecretExpiresAt}:`);
    expect((await rotate(subscription.id, 0)).userErrors).toEqual([]);
  });

  test('of ED25519 gives a new public key, and shows no secret', async () => {
    const { subscription } = await create({ endpointUrl, eventTypes: ['*'], signatureScheme: 'ED25519' });
    expect((await rotate(subscription.id)).secret).toBeNull();
    const after = await read(subscription.id);
    expect(after?.publicKey).toMatch(/^whpk_/);
    expect(after?.publicKey).not.toBe(subscription.publicKey);
  });

  test.each([-1, 604_801])('is refused with a grace period of %i seconds', async (seconds) => {
    const { subscription } = await create({ endpointUrl, eventTypes: ['*'] });
    const fault = { code: 'INVALID_GRACE_PERIOD', type: 'VALIDATION_ERROR', field: ['gracePeriodSeconds'] };
    expect(await rotate(subscription.id, seconds)).toMatchObject({ secret: null, userErrors: [fault] });
    expect((await rotate(nobody, seconds)).userErrors).toMatchObject([
      { code: 'SUBSCRIPTION_NOT_FOUND', field: ['id'] },
      fault,
    ]);
  });
});

describe('the list of subscriptions', () => {
  let listed: Tendril;
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    listed = await startTendril(await freshEnv({ ALLOW_HTTP_ENDPOINTS: 'false' }), { stopAfterTest: false });
    await listed.http().request(CreateEventTypeDocument, {
      input: { name: 'payout.paid.twice', description: 'Paid twice.' },
    });
    const made: Record<string, Partial<CreateWebhookSubscriptionInput>> = {
      plain: { eventTypes: ['payout.paid'] },
      group: { eventTypes: ['payout.*', 'refund.failed'], status: 'INACTIVE' },
      all: { eventTypes: ['*'], profile: 'IVY', description: '100% of my_events \\o/' },
      other: { eventTypes: ['refund.failed'], profile: 'IVY', description: 'Größe "9"' },
      nested: { eventTypes: ['payout.paid.twice'], endpointUrl: 'https://Other.example/A_b%25?c=%5C' },
    };
    for (const [name, more] of Object.entries(made)) {
      const input = { endpointUrl: `https://${name}.example/hook`, eventTypes: ['*'], ...more };
      const { createWebhookSubscription } = await listed
        .http()
        .request(CreateWebhookSubscriptionDocument, { input });
      ids[createWebhookSubscription.subscription?.id ?? ''] = name;
    }
  });

  afterAll(() => listed.stop());

  async function found(filter?: WebhookSubscriptionFilter): Promise<string[]> {
    const variables: WebhookSubscriptionsQueryVariables = filter ? { filter } : {};
    const { webhookSubscriptions } = await listed.http().request(WebhookSubscriptionsDocument, variables);
    const names = webhookSubscriptions.nodes.map(({ id }) => ids[id] ?? id);
    expect(webhookSubscriptions.totalCount).toBe(names.length);
    return names;
  }

  test.each<[filter: WebhookSubscriptionFilter | undefined, names: string[]]>([
    [undefined, ['plain', 'group', 'all', 'other', 'nested']],
    [{}, ['plain', 'group', 'all', 'other', 'nested']],
    [
      { statuses: null, eventType: null, profile: null, search: null },
      ['plain', 'group', 'all', 'other', 'nested'],
    ],
    [{ statuses: ['INACTIVE'] }, ['group']],
    [{ statuses: ['INACTIVE', 'ACTIVE'] }, ['plain', 'group', 'all', 'other', 'nested']],
    [{ statuses: ['DISABLED'] }, []],
    [{ statuses: [] }, []],
    [{ profile: 'IVY' }, ['all', 'other']],
    [{ eventType: 'payout.paid' }, ['plain', 'group', 'all']],
    [{ eventType: 'payout.paid.twice' }, ['group', 'all', 'nested']],
    [{ eventType: 'payout.*' }, ['group']],
    [{ eventType: '*' }, ['all']],
    [{ eventType: 'no.such' }, ['all']],
    [{ eventType: 'payout\0.paid' }, []],
    [{ eventType: "'" }, []],
    [{ search: '' }, ['plain', 'group', 'all', 'other', 'nested']],
    [{ search: 'OTHER.example' }, ['other', 'nested']],
    [{ search: '/hook' }, ['plain', 'group', 'all', 'other']],
    [{ search: 'größe "9"' }, ['other']],
    [{ search: '%' }, ['all', 'nested']],
    [{ search: '_' }, ['all', 'nested']],
    [{ search: '\\' }, ['all']],
    [{ search: '0% of my_' }, ['all']],
    [{ search: '0%my' }, []],
    [{ search: '\0' }, []],
    [{ search: "'; DROP TABLE event; --" }, []],
    [{ search: 'other', profile: 'IVY', statuses: ['ACTIVE'], eventType: 'refund.failed' }, ['other']],
  ])('by %j holds %j', async (filter, names) => {
    expect(await found(filter)).toEqual(names);
  });

  test('is paged from either end', async () => {
    const page = async (variables: Record<string, unknown>) => {
      const answer = await listed.http().request(WebhookSubscriptionsDocument, variables);
      const { nodes, pageInfo, totalCount } = answer.webhookSubscriptions;
      expect(totalCount).toBe(5);
      return { names: nodes.map(({ id }) => ids[id]), ...pageInfo };
    };
    const first = await page({ first: 2 });
    expect(first).toMatchObject({ names: ['plain', 'group'], hasNextPage: true, hasPreviousPage: false });
    const second = await page({ first: 2, after: first.endCursor });
    expect(second).toMatchObject({ names: ['all', 'other'], hasNextPage: true, hasPreviousPage: true });
    const third = await page({ first: 2, after: second.endCursor });
    expect(third).toMatchObject({ names: ['nested'], hasNextPage: false, hasPreviousPage: true });
    const back = await page({ last: 2, before: third.startCursor });
    expect(back).toMatchObject({ names: ['all', 'other'], hasNextPage: true, hasPreviousPage: true });
    expect(await page({ last: 1 })).toMatchObject({
      names: ['nested'],
      hasNextPage: false,
      hasPreviousPage: true,
    });
    expect(await page({ first: 9, after: first.endCursor, before: third.startCursor })).toMatchObject({
      names: ['all', 'other'],
    });
    expect(await page({ first: 0 })).toEqual({
      names: [],
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: null,
      endCursor: null,
    });
  });
});

async function create(
  input: CreateWebhookSubscriptionInput,
): Promise<{ subscription: SubscriptionFieldsFragment; secret: string | null | undefined }> {
  const answer = await tendril.http().request(CreateWebhookSubscriptionDocument, { input });
  const { subscription, secret, userErrors } = answer.createWebhookSubscription;
  expect(userErrors).toEqual([]);
  if (!subscription) throw new Error('neither a subscription nor a fault');
  return { subscription, secret };
}

async function update(input: UpdateWebhookSubscriptionInput) {
  return (await tendril.http().request(UpdateWebhookSubscriptionDocument, { input }))
    .updateWebhookSubscription;
}

async function rotate(id: string, gracePeriodSeconds?: number | null) {
  const variables: RotateWebhookSecretMutationVariables =
    gracePeriodSeconds === undefined ? { id } : { id, gracePeriodSeconds };
  return (await tendril.http().request(RotateWebhookSecretDocument, variables)).rotateWebhookSecret;
}

async function read(id: string) {
  return (await tendril.http().request(WebhookSubscriptionDocument, { id })).webhookSubscription;
}

async function list(filter: WebhookSubscriptionFilter) {
  return (await tendril.http().request(WebhookSubscriptionsDocument, { filter })).webhookSubscriptions;
}

async function count(): Promise<number> {
  return (await tendril.http().request(WebhookSubscriptionsDocument, { first: 0 })).webhookSubscriptions
    .totalCount;
}

function expectIn(seconds: number, moment: string | null | undefined): void {
  expect(Math.abs(Date.parse(moment ?? '') - Date.now() - seconds * 1000)).toBeLessThan(10_000);
}

function header(name: string): { name: string; value: string } {
  return { name, value: 'a value' };
}

/** So many headers of so many bytes, name and value together. */
function headers(many: number, bytes: number): { name: string; value: string }[] {
  const names = Array.from({ length: many }, (_, index) => `x-${index}`);
  return names.map((name) => ({ name, value: 'v'.repeat(bytes - name.length) }));
}

function urlOf(characters: number): string {
  return `${endpointUrl}/`.padEnd(characters, 'a');
}
