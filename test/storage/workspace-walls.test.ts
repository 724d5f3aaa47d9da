import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { DeliveriesDocument, ResendDeliveryDocument } from '../../generated/operations.js';
import { EventType } from '../../src/events/event-type.entity.js';
import { type Database, openDatabase } from '../../src/storage/database.js';
import type { WorkspaceDatabase } from '../../src/storage/workspace-database.js';
import { WebhookSubscription } from '../../src/subscriptions/webhook-subscription.entity.js';
import { ApiKey } from '../../src/workspaces/api-key.entity.js';
import { Workspace } from '../../src/workspaces/workspace.entity.js';
import { deliveryOnce, publishForOne, subscribe } from '../support/main-operations.js';
import { startReceiver } from '../support/receiver.js';
import { addWorkspace } from '../support/second-workspace.js';
import { newDatabase, newOwnedDatabase } from '../support/stores.js';
import { type Env, freshEnv, startTendril } from '../support/tendril.js';

const entities = [Workspace, ApiKey, EventType, WebhookSubscription];
const silent = pino({ level: 'silent' });

/** Tables of workspaces, the statement that tells whose a row is, and those that the server keeps to itself. The owner passes the walls of days' events, since search indexes are asked so. */
const walled = `SELECT c.relname AS name, c.relispartition AS "isPartition",
    c.relrowsecurity AND (c.relforcerowsecurity OR c.relname ~ '^event_[0-9]')
    AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) AS "isWalled"
  FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND c.relname !~ '^agenda'`;

describe.each([
  ['a superuser', newDatabase],
  ['an ordinary owner', newOwnedDatabase],
  [
    'a superuser by a URL with options',
    async () => `${await newDatabase()}?options=-c%20statement_timeout%3D30s`,
  ],
])('where the database is reached as %s,', (_user, newStore) => {
  let env: Env;
  let database: Database;
  /** What the requests of the workspace that has everything, and of the one that has nothing, come through. */
  let full: WorkspaceDatabase;
  let empty: WorkspaceDatabase;
  let fullId: string;
  let tables: string[];

  beforeAll(async () => {
    env = await freshEnv({ DATABASE_URL: await newStore() });
    const tendril = await startTendril(env, { stopAfterTest: false });
    const receiver = await startReceiver(204, { stopAfterTest: false });
    const { id } = await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: ['payout.paid'] });
    const deliveryId = await publishForOne(tendril, 'payout.paid', { whose: 'the first' });
    await deliveryOnce(tendril, deliveryId, 'DELIVERED');
    await addWorkspace(env, 'other');
    await tendril.http().request(ResendDeliveryDocument, { id: deliveryId });
    await deliveryOnce(tendril, deliveryId, 'DELIVERED');
    const { deliveries } = await tendril
      .http()
      .request(DeliveriesDocument, { filter: { subscriptionIds: [id] } });
    expect(deliveries.nodes).toMatchObject([{ id: deliveryId, attemptCount: 2 }]);
    await tendril.stop();
    await receiver.close();
    database = await openDatabase(env.DATABASE_URL ?? '', entities, silent);
    const workspaces = await database.query<{ id: string }>(
      { text: `SELECT id FROM workspace ORDER BY name = 'other'` },
      [],
    );
    expect(workspaces).toHaveLength(2);
    fullId = workspaces[0]?.id ?? '';
    full = database.ofWorkspace(fullId);
    empty = database.ofWorkspace(workspaces[1]?.id ?? '');
    const rows = await database.query<{ name: string; isPartition: boolean }>({ text: walled }, []);
    tables = rows.filter(({ isPartition }) => !isPartition).map(({ name }) => name);
  });

  afterAll(() => database.close());

  const counts = ['webhook_subscription', 'event', 'delivery', 'attempt', 'subscription_secret'];
  const countOf = (table: string) => `SELECT count(*)::integer AS count FROM ${table}`;

  test('a query without its workspace condition finds nothing of another workspace, through SQL or the entity manager', async () => {
    for (const table of counts) {
      const forgotten = { text: countOf(table) };
      expect([table, await full.query(forgotten, [])]).not.toEqual([table, [{ count: 0 }]]);
      expect([table, await empty.query(forgotten, [])]).toEqual([table, [{ count: 0 }]]);
      expect([table, await empty.em().execute(forgotten.text)]).toEqual([table, [{ count: 0 }]]);
      expect([table, await empty.transactional((query) => query(forgotten, []))]).toEqual([
        table,
        [{ count: 0 }],
      ]);
    }
    const em = () => empty.em();
    expect(await full.em().count(WebhookSubscription, {})).toBe(1);
    expect(await em().count(WebhookSubscription, {})).toBe(0);
    expect(await em().find(WebhookSubscription, {})).toEqual([]);
    expect(await em().findOne(WebhookSubscription, { status: 'ACTIVE' as never })).toBeNull();
    expect(await em().fork().findAll(WebhookSubscription)).toEqual([]);
    expect(await em().createQueryBuilder(WebhookSubscription).getResult()).toEqual([]);
    expect(await em().transactional((tx) => tx.find(WebhookSubscription, {}))).toEqual([]);
    expect(await em().find(ApiKey, {})).toMatchObject([{ name: 'First key' }]);
  });

  test('the same query finds it where the wall is taken away', async () => {
    const superuser = await connect(asSuperuserOf(env));
    await superuser.query('ALTER TABLE delivery DISABLE ROW LEVEL SECURITY');
    expect(await empty.query({ text: countOf('delivery') }, [])).toEqual([{ count: 1 }]);
    expect(await empty.em().execute(countOf('delivery'))).toEqual([{ count: 1 }]);
    await superuser.query('ALTER TABLE delivery ENABLE ROW LEVEL SECURITY');
    await superuser.end();
    expect(await empty.query({ text: countOf('delivery') }, [])).toEqual([{ count: 0 }]);
  });

  test("a statement that writes without its condition leaves another workspace's rows alone, and puts none there", async () => {
    const change = `UPDATE webhook_subscription SET status = 'DISABLED' RETURNING id`;
    expect(await empty.query({ text: change }, [])).toEqual([]);
    expect(await empty.query({ text: 'DELETE FROM subscription_secret RETURNING id' }, [])).toEqual([]);
    expect(await empty.em().nativeUpdate(WebhookSubscription, {}, { description: 'theirs' })).toBe(0);
    expect(await empty.em().nativeDelete(WebhookSubscription, {})).toBe(0);
    const planted = `INSERT INTO event_type (id, workspace_id, name, description) VALUES (gen_random_uuid(), $1, 'a.b', '')`;
    await expect(empty.query({ text: planted }, [fullId])).rejects.toThrow('row-level security');
    const moved = `UPDATE api_key SET workspace_id = $1`;
    await expect(empty.query({ text: moved }, [fullId])).rejects.toThrow('row-level security');
  });

  test('requests of two workspaces that share the connections see their own each', async () => {
    const asked = Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? full : empty));
    const found = await Promise.all(
      asked.map(
        async (own) => (await own.query<{ count: number }>({ text: countOf('delivery') }, []))[0]?.count,
      ),
    );
    expect(found).toEqual(asked.map((own) => (own === full ? 1 : 0)));
  });

  test('a statement that fails leaves its connection to nobody', async () => {
    await expect(full.query({ text: 'SELECT 1 / 0' }, [])).rejects.toThrow('division by zero');
    const failing = full.transactional(async (query) => {
      await query({ text: `UPDATE delivery SET status = 'FAILED'` }, []);
      throw new Error('halfway');
    });
    await expect(failing).rejects.toThrow('halfway');
    expect(await full.query({ text: 'SELECT status FROM delivery' }, [])).toEqual([{ status: 'DELIVERED' }]);
    expect(await empty.query({ text: countOf('delivery') }, [])).toEqual([{ count: 0 }]);
  });

  test('neither the tables of the server nor a partition by its own name are another way in', async () => {
    const [{ name: partition } = { name: '' }] = await database.query<{ name: string }>(
      { text: 'SELECT tableoid::regclass::text AS name FROM delivery' },
      [],
    );
    expect(await database.query({ text: countOf(partition) }, [])).toEqual([{ count: 1 }]);
    for (const table of [partition, 'certificate', 'rate_limit']) {
      const found = await empty.query({ text: countOf(table) }, []).catch((error: Error) => error.message);
      expect([[{ count: 0 }], `permission denied for table ${table}`]).toContainEqual(found);
    }
  });

  test('a connection that names no workspace sees nothing', async () => {
    const client = await connect(env.DATABASE_URL ?? '');
    const { rows } = await client.query(`SELECT rolsuper FROM pg_roles WHERE rolname = current_user`);
    if (rows[0].rolsuper) await client.query('SET ROLE tendril_tenant');
    for (const table of [...counts, 'workspace', 'api_key'])
      expect([table, (await client.query(countOf(table))).rows]).toEqual([table, [{ count: 0 }]]);
    await client.end();
  });

  test('every table but that of the migrations has its wall, every partition too, and a database of an earlier version gets them', async () => {
    const unwalled = async () =>
      (await database.query<{ name: string; isWalled: boolean }>({ text: walled }, []))
        .filter(({ isWalled }) => !isWalled)
        .map(({ name }) => name);
    expect(tables.length).toBeGreaterThan(15);
    expect(await unwalled()).toEqual(['migration']);
    await database.query({ text: tearDown }, []);
    expect((await unwalled()).length).toBeGreaterThan(20);
    await (await openDatabase(env.DATABASE_URL ?? '', entities, silent)).close();
    expect(await unwalled()).toEqual(['migration']);
    expect(await empty.query({ text: countOf('delivery') }, [])).toEqual([{ count: 0 }]);
  });
});

// As the fourth migration left it.
const tearDown = `DO $$ DECLARE walled regclass; BEGIN
    FOR walled IN SELECT polrelid FROM pg_policy LOOP
      EXECUTE format('DROP POLICY own_workspace ON %s', walled);
      EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', walled);
    END LOOP;
    DROP FUNCTION raise_wall;
    DELETE FROM migration WHERE name = '0005-workspace-walls';
  END $$`;

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

function asSuperuserOf({ DATABASE_URL = '' }: Env): string {
  const url = new URL(inject('postgresUrl'));
  url.pathname = new URL(DATABASE_URL).pathname;
  return url.href;
}
