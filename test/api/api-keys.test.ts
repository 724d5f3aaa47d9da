import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  ApiKeysDocument,
  CreateApiKeyDocument,
  type CreateApiKeyInput,
  RevokeApiKeyDocument,
  ViewerDocument,
} from '../../generated/operations.js';
import { openDatabase } from '../../src/storage/database.js';
import { createAuthenticator, type KeyHash, keyHashFrom } from '../../src/workspaces/authenticate.js';
import { eventually } from '../support/eventually.js';
import { postGraphql } from '../support/post-graphql.js';
import { type Env, freshEnv, startTendril, type Tendril } from '../support/tendril.js';

let env: Env;
let tendril: Tendril;

beforeAll(async () => {
  env = await freshEnv();
  tendril = await startTendril(env, { stopAfterTest: false });
});

afterAll(() => tendril.stop());

describe('a key that is made', () => {
  test('opens the workspace, and is shown in full this once', async () => {
    const { id, key } = await create({ name: 'Shop', scopes: ['PUBLISH', 'READ'] });
    expect(key).toMatch(/^tdl_[\w-]{43}$/);

    const { viewer } = await tendril.http(key).request(ViewerDocument);
    expect(viewer.apiKey).toEqual({ id, name: 'Shop', prefix: key.slice(0, 8), scopes: ['PUBLISH', 'READ'] });

    const keys = JSON.stringify(await tendril.http().request(ApiKeysDocument));
    expect(keys).toContain(id);
    expect(keys).not.toContain(key.slice(8));
    expect(tendril.log.join('\n')).not.toContain(key.slice(8));
  });

  test('keeps the person it is for and when it ends', async () => {
    const expiresAt = '2099-12-31T23:30:00.000+02:00';
    const { id } = await create({
      name: 'Ann',
      scopes: ['MANAGE'],
      userName: 'ann',
      primaryUser: true,
      expiresAt,
    });
    const { data } = await postGraphql(
      tendril,
      '{ apiKeys { id userName primaryUser createdAt lastUsedAt expiresAt revokedAt } }',
    );
    expect(data?.apiKeys).toContainEqual({
      id,
      userName: 'ann',
      primaryUser: true,
      createdAt: expect.stringMatching(/Z$/),
      lastUsedAt: null,
      expiresAt: '2099-12-31T21:30:00.000Z',
      revokedAt: null,
    });
  });

  test('belongs to nobody and lasts unless told', async () => {
    const { id } = await create({ name: 'Nobody', scopes: ['READ'], userName: null, expiresAt: null });
    const { data } = await postGraphql(tendril, '{ apiKeys { id userName primaryUser expiresAt } }');
    expect(data?.apiKeys).toContainEqual({ id, userName: null, primaryUser: false, expiresAt: null });
  });

  test('is refused once it has expired', async () => {
    const expiresAt = new Date(Date.now() + 1_000).toISOString();
    const { key } = await create({ name: 'Short', scopes: ['READ'], expiresAt });
    expect((await view(key)).errors).toBeUndefined();

    await eventually(async () => (await view(key)).errors);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt));
    expect((await view(key)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  test('notes when it was last used', async () => {
    const { id, key } = await create({ name: 'Used', scopes: ['READ'] });
    await view(key);
    const used = await eventually(async () => {
      const { apiKeys } = await tendril.http().request(ApiKeysDocument);
      return apiKeys.find((apiKey) => apiKey.id === id)?.lastUsedAt;
    });
    expect(Math.abs(Date.now() - Date.parse(used))).toBeLessThan(60_000);
  });
});

test('apiKeys lists all keys, oldest first', async () => {
  const made = [];
  for (const name of ['one', 'two', 'three']) made.push((await create({ name, scopes: ['READ'] })).id);
  const { apiKeys } = await tendril.http().request(ApiKeysDocument);
  expect(apiKeys[0]?.name).toBe('BOOTSTRAP_API_KEY');
  expect(apiKeys.slice(-3).map(({ id }) => id)).toEqual(made);
});

describe('a key that cannot be made', () => {
  const fine: CreateApiKeyInput = { name: 'Fine', scopes: ['READ'] };

  test.each<[string, Partial<CreateApiKeyInput>, string, string]>([
    ['an empty name', { name: '' }, 'INVALID_NAME', 'name'],
    ['a blank name', { name: ' \t\n ' }, 'INVALID_NAME', 'name'],
    ['a name of 256 characters', { name: '🙂'.repeat(256) }, 'INVALID_NAME', 'name'],
    ['a name with U+0000', { name: 'a\0b' }, 'INVALID_NAME', 'name'],
    ['a name with half of a surrogate pair', { name: 'a\ud800b' }, 'INVALID_NAME', 'name'],
    ['no scope', { scopes: [] }, 'INVALID_SCOPES', 'scopes'],
    ['a scope twice', { scopes: ['READ', 'PUBLISH', 'READ'] }, 'INVALID_SCOPES', 'scopes'],
    ['an empty user name', { userName: '' }, 'INVALID_NAME', 'userName'],
    ['a user name of 256 characters', { userName: 'u'.repeat(256) }, 'INVALID_NAME', 'userName'],
    ['a user name with U+0000', { userName: '\0' }, 'INVALID_NAME', 'userName'],
    ['a primary user without a name', { primaryUser: true }, 'INVALID_NAME', 'userName'],
    ['a moment that has passed', { expiresAt: '2020-01-01T00:00:00Z' }, 'INVALID_EXPIRY', 'expiresAt'],
  ])('%s', async (_name, wrong, code, field) => {
    const { createApiKey } = await tendril
      .http()
      .request(CreateApiKeyDocument, { input: { ...fine, ...wrong } });
    expect(createApiKey).toEqual({
      apiKey: null,
      key: null,
      userErrors: [
        { code, type: 'VALIDATION_ERROR', message: expect.stringMatching(/\.$/), field: ['input', field] },
      ],
    });
  });

  test('is told all its faults at once, and is not made', async () => {
    const before = await tendril.http().request(ApiKeysDocument);
    const input: CreateApiKeyInput = {
      name: '',
      scopes: [],
      userName: '',
      primaryUser: true,
      expiresAt: '2020-01-01T00:00:00Z',
    };
    const { createApiKey } = await tendril.http().request(CreateApiKeyDocument, { input });
    expect(createApiKey.userErrors.map(({ code, field }) => [code, field?.join('.')])).toEqual([
      ['INVALID_NAME', 'input.name'],
      ['INVALID_SCOPES', 'input.scopes'],
      ['INVALID_NAME', 'input.userName'],
      ['INVALID_EXPIRY', 'input.expiresAt'],
    ]);
    const after = await tendril.http().request(ApiKeysDocument);
    expect(after.apiKeys).toHaveLength(before.apiKeys.length);
  });

  test('a name of 255 characters is long enough for anybody', async () => {
    await create({ name: '🙂'.repeat(255), scopes: ['READ'], userName: '🙂'.repeat(255) });
  });

  test.each([
    'tomorrow',
    '2099-02-30T00:00:00Z',
    '2099-01-01T24:00:00Z',
    '2099-01-01',
    '2099-01-01T00:00:00',
  ])('%s is no moment', async (expiresAt) => {
    const { errors } = await postGraphql(
      tendril,
      'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { key } }',
      { variables: { input: { ...fine, expiresAt } } },
    );
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});

describe('a key that is revoked', () => {
  test('is refused from then on, and stays in the list', async () => {
    const { id, key } = await create({ name: 'Leaked', scopes: ['READ'] });
    await view(key);

    const { revokeApiKey } = await tendril.http().request(RevokeApiKeyDocument, { id });
    expect(revokeApiKey).toEqual({ apiKey: { id, revokedAt: expect.stringMatching(/Z$/) }, userErrors: [] });
    expect((await view(key)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');

    const { apiKeys } = await tendril.http().request(ApiKeysDocument);
    expect(apiKeys.find((apiKey) => apiKey.id === id)?.revokedAt).toBe(revokeApiKey.apiKey?.revokedAt);
  });

  test('is not taken for good by what was read of it before', async () => {
    const { id, key } = await create({ name: 'Read', scopes: ['READ'] });
    const database = await openDatabase(env.DATABASE_URL ?? '', [], pino({ level: 'silent' }));
    const authenticator = createAuthenticator(database);
    onTestFinished(async () => {
      await authenticator.close();
      await database.close();
    });
    const keyHash = keyHashFrom({ 'x-api-key': key }) as KeyHash;
    const reading = authenticator.authenticate(keyHash);
    // Whoever revokes says so once it is committed, and this may be read by then and still be on its way.
    authenticator.forget();
    expect(await reading).toMatchObject({ scopes: ['READ'] });
    await tendril.http().request(RevokeApiKeyDocument, { id });
    expect(await authenticator.authenticate(keyHash)).toBeUndefined();
  });

  test('keeps its first date when it is revoked again', async () => {
    const { id } = await create({ name: 'Twice', scopes: ['READ'] });
    const first = await tendril.http().request(RevokeApiKeyDocument, { id });
    const second = await tendril.http().request(RevokeApiKeyDocument, { id });
    expect(second).toEqual(first);
  });

  test('may be the one that revokes', async () => {
    const { id, key } = await create({ name: 'Gone by itself', scopes: ['ADMIN'] });
    const { revokeApiKey } = await tendril.http(key).request(RevokeApiKeyDocument, { id });
    expect(revokeApiKey).toMatchObject({ apiKey: { id }, userErrors: [] });
    expect((await view(key)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  test.each(['key_01h455vb4pex5vsknk084sn02q', 'wsub_01h455vb4pex5vsknk084sn02q', 'key_', '', 'a\0b'])(
    'is one of the workspace: %j is none',
    async (id) => {
      const { revokeApiKey } = await tendril.http().request(RevokeApiKeyDocument, { id });
      expect(revokeApiKey).toEqual({
        apiKey: null,
        userErrors: [
          {
            code: 'API_KEY_NOT_FOUND',
            type: 'NOT_FOUND',
            message: 'The workspace has no API key of this id.',
            field: ['id'],
          },
        ],
      });
    },
  );
});

async function create(input: CreateApiKeyInput): Promise<{ id: string; key: string }> {
  const { createApiKey } = await tendril.http().request(CreateApiKeyDocument, { input });
  expect(createApiKey.userErrors).toEqual([]);
  return { id: createApiKey.apiKey?.id ?? '', key: createApiKey.key ?? '' };
}

function view(key: string) {
  return postGraphql(tendril, '{ viewer { apiKey { id } } }', { key });
}
