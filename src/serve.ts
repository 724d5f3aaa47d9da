import { pino } from 'pino';
import { startApp } from './app.js';
import { describeConfig, readConfig } from './config.js';
import { keepHeapSmall } from './heap.js';

// What is in flight is interrupted before that; the rest of the 20 s that are promised is for the embedded stores.
const stopWithinMs = 15_000;

/** Runs the server until a signal stops it, and then ends the process; fails with a StartError where it cannot start. */
export async function serve(): Promise<never> {
  const config = readConfig();
  // The log goes to standard error, one JSON object a line; standard output is for people.
  const log = pino({ level: config.logLevel }, pino.destination({ fd: 2, sync: true }));
  keepHeapSmall(log);
  log.debug({ config: describeConfig(config) }, 'configuration');
  const stopSoon = Promise.withResolvers<NodeJS.Signals>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      stopSoon.resolve(signal);
      // A second signal, of either kind, ends it at once.
      for (const again of ['SIGTERM', 'SIGINT'] as const) process.once(again, () => process.exit(1));
    });
  }
  const app = await startApp(config, log);
  console.log(greeting(app.url, config.role, app.newKey));
  log.info({ signal: await stopSoon.promise }, 'stopping');
  // What has not come to its end by then is taken up again after the next start.
  setTimeout(() => void app.stopStores().finally(() => process.exit(0)), stopWithinMs).unref();
  await app.stop();
  log.info('stopped');
  process.exit(0);
}

function greeting(url: string, role: string, newKey: string | undefined): string {
  const places =
    role === 'worker'
      ? []
      : [`GraphQL   ${url}/graphql  (WebSocket on the same address)`, `GraphiQL  ${url}/graphiql`];
  const key = newKey === undefined ? [] : [`API key   ${newKey}  (ADMIN; shown this once)`];
  return ['Tendril is running.', ...places, `Health    ${url}/health/ready`, ...key].join('\n');
}
