// Run in a process of its own: takes a store on a data folder, writes one line about it, and stays.
import { pino } from 'pino';
import { lockDataDir } from '../../src/storage/data-dir.js';
import { startMongo } from '../../src/storage/mongo-server.js';
import { startPostgres } from '../../src/storage/postgres-server.js';

const [store, dataDir = '', cacheDir] = process.argv.slice(2);
const log = pino({ level: 'silent' });
process.on('SIGINT', () => process.stdout.write('SIGINT\n'));
setInterval(() => undefined, 60_000);

if (store === 'lock') {
  await lockDataDir(dataDir);
  process.stdout.write('locked\n');
} else if (store === 'postgres') {
  const { url } = await startPostgres({ dataDir, log });
  process.stdout.write(`${url}\n`);
} else {
  const mongo = await startMongo({ dataDir, binary: process.env.MONGOD_BINARY, cacheDir, log });
  process.stdout.write(`${mongo.kind === 'started' ? mongo.url : mongo.reason}\n`);
}
