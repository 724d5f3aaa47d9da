import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  CreateEventTypeDocument,
  type CreateEventTypeInput,
  EventTypesDocument,
  type EventTypesQueryVariables,
  PublishEventDocument,
} from '../../generated/operations.js';
import { postGraphql } from '../support/post-graphql.js';
import { addWorkspace } from '../support/second-workspace.js';
import { freshEnv, startTendril, type Tendril } from '../support/tendril.js';

let tendril: Tendril;
let otherKey: string;

beforeAll(async () => {
  const env = await freshEnv();
  tendril = await startTendril(env, { stopAfterTest: false });
  otherKey = await addWorkspace(env, 'other');
});

afterAll(() => tendril.stop());

describe('the catalogue', () => {
  test('holds the event types of the providers from the start', async () => {
    const names = await namesOf({ first: 250 });
    expect(names.slice(0, 11)).toEqual([
      'checkout_session.completed',
      'checkout_session.expired',
      'payout.paid',
      'payout.failed',
      'refund.succeeded',
      'refund.failed',
      'email.delivered',
      'email.bounced',
      'email.complained',
      'email.suppressed',
      'email.failed',
    ]);
    expect(names).toEqual(
      expect.arrayContaining(['contacts.note_added', 'contacts.note_updated', 'invoice.paid']),
    );
    const groups = new Set(names.map((name) => name.split('.')[0]));
    for (const group of ['companies', 'contacts', 'crm', 'payments', 'venues', 'events']) {
      expect(groups).toContain(group);
    }
  });

  test('tells the group of each event type', async () => {
    const { data } = await postGraphql(
      tendril,
      '{ eventTypes(first: 1) { nodes { name group schema description createdAt archivedAt } } }',
    );
    expect(data?.eventTypes).toEqual({
      nodes: [
        {
          name: 'checkout_session.completed',
          group: 'checkout_session',
          schema: null,
          description: 'A customer has completed a checkout session.',
          createdAt: expect.stringMatching(/Z$/),
          archivedAt: null,
        },
      ],
    });
  });

  test.each<[string, EventTypesQueryVariables, string[]]>([
    ['a group', { group: 'payout' }, ['payout.paid', 'payout.failed']],
    ['a part of a group', { group: 'pay' }, []],
    ['a group with a pattern in it', { group: '%' }, []],
    ['a text in the name', { search: 'REFUND.' }, ['refund.succeeded', 'refund.failed']],
    ['a text in the description', { search: 'marked an email' }, ['email.complained']],
    ['both', { group: 'refund', search: 'succeeded' }, ['refund.succeeded']],
    [
      'an underscore, which means itself',
      { search: 't_s' },
      ['checkout_session.completed', 'checkout_session.expired'],
    ],
    ['a percent sign, which means itself', { search: 'refund%succeeded' }, []],
    ['a backslash, which means itself', { search: 'payout\\.' }, []],
    ['a character that no text has', { search: 'pay\0out' }, []],
    ['a group that no name has', { group: 'pay\0out' }, []],
  ])('is searched by %s', async (_name, variables, expected) => {
    expect(await namesOf(variables)).toEqual(expected);
  });

  test('is read page by page without gap or repetition', async () => {
    const all = await namesOf({ first: 250 });
    const read: string[] = [];
    let after: string | null = null;
    let more = true;
    while (more) {
      const page: Awaited<ReturnType<typeof pageOf>> = await pageOf({ first: 7, after });
      expect(page.pageInfo.hasPreviousPage).toBe(after !== null);
      read.push(...page.nodes.map(({ name }) => name));
      more = page.pageInfo.hasNextPage;
      after = page.pageInfo.endCursor;
    }
    expect(read).toEqual(all);
  });

  test('gives no entries where none are asked for', async () => {
    expect(await pageOf({ first: 0 })).toMatchObject({
      nodes: [],
      pageInfo: { hasNextPage: true, endCursor: null },
    });
  });

  test.each([{ first: -1 }, { first: 251 }, { after: 'nonsense' }, { after: '' }])(
    'does not take %j',
    async (variables) => {
      expect(await codeOf(variables)).toBe('BAD_USER_INPUT');
    },
  );

  test('takes no cursor of another workspace', async () => {
    const { pageInfo } = await pageOf({ first: 1 }, otherKey);
    expect(await codeOf({ after: pageInfo.endCursor })).toBe('BAD_USER_INPUT');
  });
});

describe('an event type that is made', () => {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: { id: { type: 'string', pattern: '^ord_' }, total: { type: 'number', minimum: 0 } },
    required: ['id'],
  };

  test('stands at the end of the catalogue, with its schema as given', async () => {
    await create({ name: 'order.placed', description: 'An order has been placed.', schema });
    const { eventTypes } = await tendril.http().request(EventTypesDocument, { group: 'order', first: 1 });
    expect(eventTypes.nodes).toEqual([
      {
        id: expect.stringMatching(/^etyp_[0-9a-z]{26}$/),
        name: 'order.placed',
        description: 'An order has been placed.',
        group: 'order',
        schema,
      },
    ]);
    expect((await namesOf({ first: 250 })).at(-1)).toBe('order.placed');
  });

  test('is not seen from another workspace', async () => {
    await create({ name: 'ours.alone', description: 'Ours.' });
    expect(await namesOf({ group: 'ours' }, otherKey)).toEqual([]);
    await create({ name: 'ours.alone', description: 'Theirs.' }, otherKey);
  });

  test('can be published, and checks the payload', async () => {
    await create({ name: 'order.shipped', description: 'An order has been sent.', schema });
    expect(await publish('order.shipped', { id: 'ord_1', total: 5, more: [] })).toEqual([]);
    expect(await publish('order.shipped', { id: 'x', total: -1 })).toEqual([
      expect.stringMatching(/\/id must match pattern "\^ord_"/),
      expect.stringMatching(/\/total must be >= 0/),
    ]);
  });

  test.each([
    ['true takes everything', true, 1, 0],
    ['false takes nothing', false, 1, 1],
  ])('has a schema of one word: %s', async (says, schema, payload, faults) => {
    const name = `word.${schema}`;
    await create({ name, description: says, schema });
    expect(await publish(name, payload)).toHaveLength(faults);
  });

  test('is made once by requests that come together', async () => {
    const input = { name: 'made.once', description: 'Once.' };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => tendril.http().request(CreateEventTypeDocument, { input })),
    );
    const codes = answers.flatMap(({ createEventType }) =>
      createEventType.userErrors.map(({ code }) => code),
    );
    expect(codes).toEqual(Array.from({ length: 7 }, () => 'EVENT_TYPE_EXISTS'));
    expect(await namesOf({ group: 'made' })).toEqual(['made.once']);
  });
});

describe('an event type that cannot be made', () => {
  const fine = { name: 'never.made', description: 'Never.' };

  test.each<[string, Partial<CreateEventTypeInput>, string, string]>([
    ['a name without a dot', { name: 'invoice' }, 'INVALID_EVENT_TYPE_NAME', 'name'],
    ['an empty name', { name: '' }, 'INVALID_EVENT_TYPE_NAME', 'name'],
    ['a group for a name', { name: 'invoice.*' }, 'INVALID_EVENT_TYPE_NAME', 'name'],
    ['a name with a space', { name: 'invoice. paid' }, 'INVALID_EVENT_TYPE_NAME', 'name'],
    ['a name of 256 characters', { name: `a.${'b'.repeat(254)}` }, 'INVALID_EVENT_TYPE_NAME', 'name'],
    ['an empty description', { description: ' ' }, 'INVALID_DESCRIPTION', 'description'],
    [
      'a description of 1001 characters',
      { description: 'é'.repeat(1001) },
      'INVALID_DESCRIPTION',
      'description',
    ],
    ['a description with U+0000', { description: 'a\0' }, 'INVALID_DESCRIPTION', 'description'],
    [
      'a description with half of a surrogate pair',
      { description: 'a\udc00' },
      'INVALID_DESCRIPTION',
      'description',
    ],
    ['a schema that is a text', { schema: 'object' }, 'INVALID_SCHEMA', 'schema'],
    ['a schema of an unknown type', { schema: { type: 'money' } }, 'INVALID_SCHEMA', 'schema'],
    ['a schema elsewhere', { schema: { $ref: 'https://example.com/a' } }, 'INVALID_SCHEMA', 'schema'],
    ['a schema without end', { schema: { $ref: '#' } }, 'INVALID_SCHEMA', 'schema'],
  ])('%s', async (_name, wrong, code, field) => {
    const { createEventType } = await tendril
      .http()
      .request(CreateEventTypeDocument, { input: { ...fine, ...wrong } });
    expect(createEventType).toEqual({
      eventType: null,
      userErrors: [
        { code, type: 'VALIDATION_ERROR', message: expect.stringMatching(/\.$/), field: ['input', field] },
      ],
    });
  });

  test('one that is there already', async () => {
    const input = { name: 'invoice.paid', description: 'Again.' };
    const { createEventType } = await tendril.http().request(CreateEventTypeDocument, { input });
    expect(createEventType).toEqual({
      eventType: null,
      userErrors: [
        {
          code: 'EVENT_TYPE_EXISTS',
          type: 'CONFLICT',
          message: 'The catalogue already has an event type "invoice.paid".',
          field: ['input', 'name'],
        },
      ],
    });
  });

  test('is told all its faults at once', async () => {
    const input = { name: 'x', description: '', schema: 1 };
    const { createEventType } = await tendril.http().request(CreateEventTypeDocument, { input });
    expect(createEventType.userErrors.map(({ code }) => code)).toEqual([
      'INVALID_EVENT_TYPE_NAME',
      'INVALID_DESCRIPTION',
      'INVALID_SCHEMA',
    ]);
  });

  test('255 characters of name and 1000 of description are allowed', async () => {
    await create({ name: `long.${'b'.repeat(250)}`, description: '🙂'.repeat(1000) });
  });
});

describe("Ivymail's events are checked", () => {
  const message = { message_id: 'msg_1', to: 'ann@example.com' };
  const sent = { ...message, from: 'shop@example.com', subject: 'Your order' };
  const bounced = {
    ...message,
    bounce_type: 'Permanent',
    bounce_subtype: 'General',
    diagnostic_code: 'smtp; 550 5.1.1 unknown',
  };

  test.each<[string, object, number]>([
    ['email.delivered', sent, 0],
    ['email.delivered', { ...sent, timestamp: 1_772_020_800, workspace_id: 'ws_1', campaign: 'spring' }, 0],
    ['email.delivered', { ...sent, timestamp: '2026-02-25T12:00:00Z' }, 0],
    ['email.delivered', message, 2],
    ['email.bounced', bounced, 0],
    ['email.bounced', message, 3],
    ['email.complained', { ...message, feedback_type: 'abuse' }, 0],
    ['email.complained', { feedback_type: 'abuse' }, 2],
    ['email.suppressed', { ...sent, reason: 'complained before' }, 0],
    ['email.failed', { ...sent, reason: 5 }, 1],
  ])('%s %j has %i faults', async (type, payload, faults) => {
    expect(await publish(type, payload)).toHaveLength(faults);
  });
});

async function create(input: CreateEventTypeInput, key = tendril.key): Promise<void> {
  const { createEventType } = await tendril.http(key).request(CreateEventTypeDocument, { input });
  expect(createEventType).toEqual({
    eventType: expect.objectContaining({ name: input.name }),
    userErrors: [],
  });
}

/** The messages of the faults. */
async function publish(type: string, payload: unknown): Promise<string[]> {
  const { publishEvent } = await tendril.http().request(PublishEventDocument, { input: { type, payload } });
  return publishEvent.userErrors.map(({ code, message }) => {
    expect(code).toBe('INVALID_PAYLOAD');
    return message;
  });
}

async function pageOf(variables: EventTypesQueryVariables, key = tendril.key) {
  return (await tendril.http(key).request(EventTypesDocument, variables)).eventTypes;
}

async function namesOf(variables: EventTypesQueryVariables, key = tendril.key): Promise<string[]> {
  return (await pageOf(variables, key)).nodes.map(({ name }) => name);
}

async function codeOf(variables: EventTypesQueryVariables): Promise<string | undefined> {
  const query =
    'query ($first: Int, $after: String) { eventTypes(first: $first, after: $after) { nodes { id } } }';
  const { errors } = await postGraphql(tendril, query, { variables });
  return errors?.[0]?.extensions.code;
}
