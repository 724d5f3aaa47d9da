import { once } from 'node:events';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { Client } from 'pg';
import { pino } from 'pino';
import { expect, inject, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/storage/database.js';
import { ensurePartitions } from '../../src/storage/partitions.js';
import { Workspace } from '../../src/workspaces/workspace.entity.js';
import { newDatabase, newOwnedDatabase } from '../support/stores.js';

const silent = pino({ level: 'silent' });
const open = (url: string | URL) => openDatabase(String(url), [Workspace], silent);

async function asSuperuser(database: string, statement: string): Promise<void> {
  const url = new URL(inject('postgresUrl'));
  url.pathname = database;
  const client = new Client({ connectionString: url.href });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

/** A database of somebody else's, by the address that an ordinary user who owns nothing in it has. */
async function strangerAt(newStore: () => Promise<string>): Promise<URL> {
  // Made first, and so dropped last, when it owns nothing there any more.
  const { username, password } = new URL(await newOwnedDatabase());
  return Object.assign(new URL(await newStore()), { username, password });
}

/** What a pooler makes of a connection: its `options` are left out of the startup message. Gives its port. */
async function startPooler(target: URL): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer(async (near) => {
    const far = dial(Number(target.port), target.hostname);
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined));
    const [startup] = (await once(near, 'data')) as [Buffer];
    // https://www.postgresql.org/docs/current/protocol-message-formats.html, StartupMessage
    const fields = startup
      .subarray(8)
      .toString('latin1')
      .replace(/options\0[^\0]*\0/, '');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(fields.length + 8);
    far.write(Buffer.concat([length, startup.subarray(4, 8), Buffer.from(fields, 'latin1')]));
    return near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test('a user who owns a schema alone keeps the tables there, from one start to the next', async () => {
  const url = await strangerAt(newOwnedDatabase);
  await asSuperuser(url.pathname, `CREATE SCHEMA ${url.username} AUTHORIZATION ${url.username}`);
  for (const start of ['first', 'second']) {
    const opened = await open(url);
    await ensurePartitions(opened.pool, Date.now());
    const text = `SELECT to_regclass('workspace')::oid = to_regclass('${url.username}.workspace')::oid AS own`;
    expect([start, await opened.query({ text }, [])]).toEqual([start, [{ own: true }]]);
    await opened.close();
  }
});

test('a user who may make no tables is told what to have', async () => {
  const url = await strangerAt(newOwnedDatabase);
  const database = url.pathname.slice(1);
  await expect(open(url)).rejects.toThrow(
    `the user ${url.username} may not make tables in the schema public; have it made the owner of the database ${database}, or of a schema of its own name there.`,
  );
  url.searchParams.set('options', '-c search_path=nowhere');
  await expect(open(url)).rejects.toThrow(`the user ${url.username} has no schema to make tables in; `);
});

test("tables that are another user's are not taken over", async () => {
  const url = await strangerAt(newDatabase);
  const owner = new URL(inject('databasesUrl')).username;
  await expect(open(url)).rejects.toThrow(
    `the tables in it belong to ${owner}, whose rights the user ${url.username} does not have; name ${owner} there, or have its tables given to ${url.username}.`,
  );
});

test('a database that can only be read is told of', async () => {
  const url = `${await newOwnedDatabase()}?options=-c%20default_transaction_read_only%3Don`;
  await expect(open(url)).rejects.toThrow(
    /the database \w+ can only be read, as a standby is; name the primary/,
  );
});

test.each([
  ['a superuser', newDatabase],
  ['an ordinary owner', newOwnedDatabase],
])('a pooler that leaves settings out is refused, for %s too', async (_user, newStore) => {
  const url = new URL(await newStore());
  url.port = String(await startPooler(new URL(url)));
  await expect(open(url)).rejects.toThrow(
    /do not begin with the settings .* pooler .*; name PostgreSQL itself there\.$/,
  );
});

test('a database that is not there is not made, even by who could', async () => {
  const url = new URL(inject('postgresUrl'));
  url.pathname = 'misspelt';
  for (const _again of [1, 2])
    await expect(open(url)).rejects.toThrow(
      'cannot be used (3D000): create the database, or set DATABASE_URL to',
    );
});
