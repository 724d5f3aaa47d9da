import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { untilCounted } from '../support/counted-uses.js';
import { eventually } from '../support/eventually.js';
import { newKey } from '../support/new-key.js';
import { postGraphql, respondGraphql } from '../support/post-graphql.js';
import { countStatements } from '../support/statement-counter.js';
import { freshEnv, startTendril, startTendrilProcess, type Tendril } from '../support/tendril.js';

const viewer = '{ viewer { apiKey { name } } }';

describe('an address that has failed with too many keys', () => {
  test('has no more keys looked up, and is told when to come again', async () => {
    const env = await freshEnv({ FAILED_KEYS_PER_MINUTE: '', ROLE: 'api' });
    const statements = await countStatements(env.DATABASE_URL ?? '');
    const tendril = await startTendril({ ...env, DATABASE_URL: statements.url });
    for (let n = 0; n < 30; n += 1) expect(await codeOf(tendril, guess())).toBe('UNAUTHENTICATED');
    const before = statements.count();
    for (let n = 0; n < 200; n += 1) expect(await codeOf(tendril, guess())).toBe('RATE_LIMITED');
    expect(statements.count() - before).toBeLessThan(50);
    const response = await respondGraphql(tendril, viewer, { key: guess() });
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.json()).toMatchObject({
      errors: [
        {
          message: expect.stringMatching(/^The limit of failed-keys \(30 a minute\) is reached/),
          extensions: { retryAfterSeconds: expect.any(Number) },
        },
      ],
    });
  });

  test('has no more looked up by asking with many at once, and good keys among few others go through', async () => {
    const tendril = await startTendril(await freshEnv({ FAILED_KEYS_PER_MINUTE: '3' }));
    const fresh = await Promise.all(Array.from({ length: 20 }, () => newKey(tendril)));
    const good = await Promise.all(
      [guess(), ...fresh.map(({ key }) => key)].map((key) => codeOf(tendril, key)),
    );
    expect(good).toEqual(['UNAUTHENTICATED', ...fresh.map(() => undefined)]);
    const codes = await Promise.all(Array.from({ length: 100 }, () => codeOf(tendril, guess())));
    expect(codes.filter((code) => code === 'UNAUTHENTICATED')).toHaveLength(2);
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(98);
  });

  test('cannot be made to shut out keys that have been good before', async () => {
    const env = await freshEnv({ FAILED_KEYS_PER_MINUTE: '3' });
    const tendril = await startTendril(env);
    const fresh = await newKey(tendril);
    await fail(tendril, 3);
    expect(await codeOf(tendril, fresh.key)).toBe('RATE_LIMITED');
    expect(await codeOf(tendril, tendril.key)).toBeUndefined();
    // A revocation has every key looked up anew.
    await postGraphql(tendril, `mutation { revokeApiKey(id: "${fresh.id}") { userErrors { code } } }`);
    expect(await codeOf(tendril, tendril.key)).toBeUndefined();
  });

  test('is let in again by no key that was revoked', async () => {
    const tendril = await startTendril(await freshEnv({ FAILED_KEYS_PER_MINUTE: '3' }));
    const { id, key } = await newKey(tendril);
    expect(await codeOf(tendril, key)).toBeUndefined();
    await fail(tendril, 3);
    await postGraphql(tendril, `mutation { revokeApiKey(id: "${id}") { userErrors { code } } }`);
    expect(await codeOf(tendril, key)).toBe('UNAUTHENTICATED');
    expect(await codeOf(tendril, key)).toBe('RATE_LIMITED');
  });

  test('is closed with 4403 over WebSocket', async () => {
    const tendril = await startTendril(await freshEnv({ FAILED_KEYS_PER_MINUTE: '3' }));
    const { key } = await newKey(tendril);
    for (let n = 0; n < 3; n += 1)
      await expect(tendril.ws(guess()).iterate({ query: viewer }).next()).rejects.toMatchObject({
        code: 4403,
        reason: 'Forbidden',
      });
    await expect(tendril.ws(key).iterate({ query: viewer }).next()).rejects.toMatchObject({
      code: 4403,
      reason: expect.stringMatching(/^The limit of failed-keys/),
    });
  });

  test('is the same for all processes, as settled a second ago', async () => {
    const env = await freshEnv({ FAILED_KEYS_PER_MINUTE: '10', ROLE: 'api' });
    const one = await startTendril(env);
    const other = await startTendrilProcess(env);
    await fail(one, 10);
    await untilCounted(env, 'failed-keys', 10);
    await fail(other, 1);
    await untilCounted(env, 'failed-keys', 11);
    let asked = 0;
    await eventually(async () => {
      asked += 1;
      return (await codeOf(other, guess())) === 'RATE_LIMITED';
    });
    expect(asked).toBeLessThan(8);
  });

  test('is the one in X-Forwarded-For where a trusted proxy says so, and never otherwise', async () => {
    const settings = { FAILED_KEYS_PER_MINUTE: '3' };
    const direct = await startTendril(await freshEnv(settings));
    for (let n = 0; n < 3; n += 1)
      expect(await codeOf(direct, guess(), `203.0.113.${n}`)).toBe('UNAUTHENTICATED');
    expect(await codeOf(direct, guess(), '203.0.113.9')).toBe('RATE_LIMITED');

    const behind = await startTendril(await freshEnv({ ...settings, TRUSTED_PROXIES: '127.0.0.0/8' }));
    for (let n = 0; n < 3; n += 1)
      expect(await codeOf(behind, guess(), `198.51.100.${n}, 203.0.113.7`)).toBe('UNAUTHENTICATED');
    expect(await codeOf(behind, guess(), '203.0.113.7')).toBe('RATE_LIMITED');
    expect(await codeOf(behind, guess(), '203.0.113.8')).toBe('UNAUTHENTICATED');
  });
});

test('FAILED_KEYS_PER_MINUTE=0 sets no limit', async () => {
  const tendril = await startTendril(await freshEnv({ FAILED_KEYS_PER_MINUTE: '0' }));
  await fail(tendril, 50);
});

test('a request without a key is no failed key', async () => {
  const tendril = await startTendril(await freshEnv({ FAILED_KEYS_PER_MINUTE: '3' }));
  for (let n = 0; n < 5; n += 1)
    expect((await postGraphql(tendril, viewer, { key: '' })).errors?.[0]?.extensions.code).toBe(
      'UNAUTHENTICATED',
    );
  expect(await codeOf(tendril, guess())).toBe('UNAUTHENTICATED');
});

function guess(): string {
  return `tdl_${randomBytes(32).toString('base64url')}`;
}

async function fail(tendril: Tendril, times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) expect(await codeOf(tendril, guess())).toBe('UNAUTHENTICATED');
}

/** The code that a key is refused with; undefined where it is good. */
async function codeOf(tendril: Tendril, key: string, forwardedFor?: string): Promise<string | undefined> {
  const headers: Record<string, string> = forwardedFor ? { 'x-forwarded-for': forwardedFor } : {};
  return (await postGraphql(tendril, viewer, { key, headers })).errors?.[0]?.extensions.code;
}
