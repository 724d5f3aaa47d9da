import { pino } from 'pino';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { EventType } from '../../src/events/event-type.entity.js';
import { type Database, openDatabase } from '../../src/storage/database.js';
import { ApiKey } from '../../src/workspaces/api-key.entity.js';
import { createAuthenticator, type KeyHash, keyHashFrom } from '../../src/workspaces/authenticate.js';
import { bootstrapWorkspace } from '../../src/workspaces/bootstrap-workspace.js';
import { Workspace } from '../../src/workspaces/workspace.entity.js';
import { newDatabase } from '../support/stores.js';

const keyOfOperator = 'a-key-that-the-operator-has-chosen';
const otherKey = 'another-key-that-the-operator-has-chosen';
const opened: Database[] = [];
let database: Database;

beforeEach(async () => {
  database = await open(await newDatabase());
});

afterAll(async () => {
  for (const each of opened) await each.close();
});

test('the first start makes the workspace default, its catalogue, and an ADMIN key that is told', async () => {
  const { newKey } = await bootstrapWorkspace(database, undefined);

  expect(newKey).toMatch(/^tdl_[\w-]{43}$/);
  expect(await scopesOf(newKey)).toEqual(['ADMIN']);
  expect(await rows()).toEqual({ workspaces: ['default'], keys: ['First key'], eventTypes: 38 });
});

test('a later start changes nothing and tells nothing', async () => {
  await bootstrapWorkspace(database, undefined);

  expect(await bootstrapWorkspace(database, undefined)).toEqual({ newKey: undefined });
  expect(await rows()).toEqual({ workspaces: ['default'], keys: ['First key'], eventTypes: 38 });
});

test('BOOTSTRAP_API_KEY is the first key, and is not told', async () => {
  expect(await bootstrapWorkspace(database, keyOfOperator)).toEqual({ newKey: undefined });

  expect(await scopesOf(keyOfOperator)).toEqual(['ADMIN']);
  expect(await rows()).toMatchObject({ keys: ['BOOTSTRAP_API_KEY'] });
});

test('a BOOTSTRAP_API_KEY that is new at a later start is added once, and the others stay good', async () => {
  await bootstrapWorkspace(database, keyOfOperator);
  await bootstrapWorkspace(database, otherKey);
  await bootstrapWorkspace(database, otherKey);

  expect(await scopesOf(keyOfOperator)).toEqual(['ADMIN']);
  expect(await scopesOf(otherKey)).toEqual(['ADMIN']);
  expect(await rows()).toMatchObject({
    workspaces: ['default'],
    keys: ['BOOTSTRAP_API_KEY', 'BOOTSTRAP_API_KEY'],
  });
});

test('a BOOTSTRAP_API_KEY that was revoked stays revoked', async () => {
  await bootstrapWorkspace(database, keyOfOperator);
  await database.orm.em.fork().nativeUpdate(ApiKey, {}, { revokedAt: new Date() });
  await bootstrapWorkspace(database, keyOfOperator);

  expect(await scopesOf(keyOfOperator)).toBeUndefined();
});

test('processes that start together make one workspace', async () => {
  const others = await Promise.all([open(database.url), open(database.url)]);
  const starts = [database, database, ...others].map((each) => bootstrapWorkspace(each, undefined));
  const keys = (await Promise.all(starts)).map(({ newKey }) => newKey);

  expect(keys.filter((key) => key !== undefined)).toHaveLength(1);
  expect(await rows()).toEqual({ workspaces: ['default'], keys: ['First key'], eventTypes: 38 });
});

async function open(url: string): Promise<Database> {
  const each = await openDatabase(url, [Workspace, ApiKey, EventType], pino({ level: 'silent' }));
  opened.push(each);
  return each;
}

async function rows() {
  const em = database.orm.em.fork();
  return {
    workspaces: (await em.findAll(Workspace)).map(({ name }) => name),
    keys: (await em.findAll(ApiKey)).map(({ name }) => name),
    eventTypes: await em.count(EventType),
  };
}

async function scopesOf(key: string | undefined) {
  const authenticator = createAuthenticator(database);
  const caller = await authenticator.authenticate(keyHashFrom({ 'x-api-key': key }) as KeyHash);
  await authenticator.close();
  return caller?.scopes;
}
