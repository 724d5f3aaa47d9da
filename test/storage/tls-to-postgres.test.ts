import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/storage/database.js';
import { Workspace } from '../../src/workspaces/workspace.entity.js';
import { selfSignedCertificate } from '../support/self-signed-certificate.js';
import { newDatabase } from '../support/stores.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const silent = pino({ level: 'silent' });
// https://www.postgresql.org/docs/current/protocol-message-formats.html, SSLRequest
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** What stands before a PostgreSQL that lets nobody in without TLS; gives its port. */
async function startTlsOnly(target: URL, certificate = selfSignedCertificate('localhost')): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer(async (socket) => {
    sockets.add(socket.on('error', () => undefined));
    const [asked] = (await once(socket, 'data')) as [Buffer];
    if (!asked.equals(sslRequest)) return socket.destroy();
    socket.write('S');
    const near = new TLSSocket(socket, { isServer: true, ...certificate }).on('error', () => undefined);
    const far = connect(Number(target.port), target.hostname).on('error', () => undefined);
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

test('with sslmode every connection is by TLS, those of requests too', async () => {
  const url = new URL(await newDatabase());
  url.port = String(await startTlsOnly(new URL(url)));
  url.searchParams.set('sslmode', 'no-verify');
  const database = await openDatabase(url.href, [Workspace], silent);
  onTestFinished(() => database.close());
  const one = { text: 'SELECT 1 AS one' };
  expect(await database.query(one, [])).toEqual([{ one: 1 }]);
  expect(await database.ofWorkspace('00000000-0000-0000-0000-000000000000').query(one, [])).toEqual([
    { one: 1 },
  ]);
});

test('a certificate for another host is refused, also where the host is an address', async () => {
  const certificate = selfSignedCertificate('localhost');
  const rootCertificate = join(await temporaryFolder(), 'root.pem');
  await writeFile(rootCertificate, certificate.cert);
  const url = new URL(await newDatabase());
  url.port = String(await startTlsOnly(new URL(url), certificate));
  url.searchParams.set('sslmode', 'verify-full');
  url.searchParams.set('sslrootcert', rootCertificate);
  await expect(openDatabase(url.href, [Workspace], silent)).rejects.toThrow(
    'cannot be used (ERR_TLS_CERT_ALTNAME_INVALID): set DATABASE_URL to a host that its certificate is for.',
  );
  url.hostname = 'localhost';
  const database = await openDatabase(url.href, [Workspace], silent);
  onTestFinished(() => database.close());
  expect(await database.answers()).toBe(true);
});

test.each([
  ['verify-full', 'DEPTH_ZERO_SELF_SIGNED_CERT', /sslrootcert=FILE/, startTlsOnly],
  ['require', 'The server does not support SSL', /turn TLS on/, async (url: URL) => Number(url.port)],
])('sslmode=%s is not given up silently: %s', async (mode, why, remedy, portOf) => {
  const url = new URL(await newDatabase());
  url.port = String(await portOf(new URL(url)));
  url.searchParams.set('sslmode', mode);
  const refused = openDatabase(url.href, [Workspace], silent);
  await expect(refused).rejects.toThrow(why);
  await expect(refused).rejects.toThrow(remedy);
});

test('a certificate that cannot be read is told in a sentence', async () => {
  const url = new URL(await newDatabase());
  url.searchParams.set('sslrootcert', '/nowhere/root.pem');
  const refused = openDatabase(url.href, [Workspace], silent);
  await expect(refused).rejects.toThrow(/cannot be used \(ENOENT\): give files .* sslrootcert/);
});
