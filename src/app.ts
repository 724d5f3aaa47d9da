// type-graphql's decorators need it before anything of theirs is loaded.
import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Config } from './config.js';
import { type Alarms, openAlarms } from './deliveries/alarms.js';
import { createDeliveryUpdates } from './deliveries/delivery-updates.js';
import { Drain } from './deliveries/drain.js';
import { createEndpoints } from './deliveries/endpoints.js';
import { createRecorder } from './deliveries/gather-records.js';
import { createHttpClient, type HttpClient } from './deliveries/http-client.js';
import { createLoaders } from './deliveries/loaders.js';
import { Worker } from './deliveries/worker.js';
import { holdWorkerLock } from './deliveries/worker-lock.js';
import { EventType } from './events/event-type.entity.js';
import { createPublisher } from './events/publisher.js';
import { registerGraphiql } from './graphql/graphiql-page.js';
import { registerGraphqlHttp } from './graphql/graphql-http.js';
import { registerGraphqlWebSocket } from './graphql/graphql-websocket.js';
import { createHttpServer, type Readiness } from './graphql/http-server.js';
import { buildGraphqlSchema } from './graphql/schema.js';
import { startHousekeeping } from './housekeeping.js';
import type { Parts } from './parts.js';
import { largestWindow } from './rules/concurrency-window.js';
import { StartError } from './start-error.js';
import { type Database, openDatabase } from './storage/database.js';
import { createEncryption, type Encryption } from './storage/encryption.js';
import { openStores } from './stores.js';
import { WebhookSubscription } from './subscriptions/webhook-subscription.entity.js';
import { ApiKey } from './workspaces/api-key.entity.js';
import { createAuthenticator } from './workspaces/authenticate.js';
import { bootstrapWorkspace } from './workspaces/bootstrap-workspace.js';
import { Workspace } from './workspaces/workspace.entity.js';

/** A running server. */
export interface App {
  /** Where it is reached, without a slash at the end. */
  readonly url: string;
  /** The first API key, where this start has made it. */
  readonly newKey: string | undefined;
  readonly jobStore: Alarms['store'];
  /** Takes no more work, lets what is in flight come to its end, and closes everything. */
  stop(): Promise<void>;
}

const entities = [Workspace, ApiKey, EventType, WebhookSubscription];
const graphiqlFolder = fileURLToPath(new URL('../../dist/graphiql', import.meta.url));
// What is in flight gets so long to end by itself at a stop; then it is interrupted, and sent again after the next start.
const drainWithinMs = 12_000;

/** Builds every part once, in order, and starts it; whatever was started is stopped again where a later part fails. */
export async function startApp(config: Config, log: Logger): Promise<App> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const stopOne of stops.splice(0).reverse()) {
      await stopOne().catch((error: unknown) => log.warn({ err: error }, 'a part did not stop cleanly'));
    }
  };
  try {
    const stores = await openStores(config, log);
    stops.push(() => stores.stop());
    const database = await openDatabase(stores.databaseUrl, entities, log);
    stops.push(() => database.close());
    const housekeeping = await startHousekeeping(database, config.retentionDays, log);
    stops.push(() => housekeeping.stop());
    const { newKey } = await bootstrapWorkspace(database, config.bootstrapApiKey);
    const encryption = createEncryption(stores.encryptionKeys);
    const alarms = await openAlarms(stores.jobStore, log);
    stops.push(() => alarms.stop());
    const http = createHttpServer(() => readiness(database, alarms), log);
    stops.push(() => http.close());
    const ownOrigins: { host: string; port: number }[] = [];
    const addressPolicy = {
      allowedNetworks: config.allowedNetworks,
      allowHttp: config.allowHttpEndpoints,
      allowLoopback: config.allowLoopback,
      ownOrigins,
    };
    const httpClient = createHttpClient(addressPolicy, {
      connectionsPerOrigin: largestWindow,
      sourceAddresses: config.sourceIpAddresses,
    });
    let worker: Worker | undefined;
    const wakeDrain = () => (worker ? worker.wake() : void alarms.set([new Date()]));
    const parts: Parts = {
      config,
      log,
      database,
      encryption,
      addressPolicy,
      alarms,
      wakeDrain,
      authenticator: createAuthenticator(database),
      publisher: createPublisher(database, wakeDrain),
      updates: await createDeliveryUpdates(database, log),
      loaders: createLoaders(database),
    };
    stops.push(
      () => parts.authenticator.close(),
      () => parts.updates.close(),
    );
    if (config.role !== 'worker') stops.push(await serveApi(http, parts));
    const url = await listenOn(http, config);
    ownOrigins.push(...originsOf(url, config));
    if (config.role !== 'api') {
      worker = await startSending(database, encryption, alarms, httpClient, log, stops);
    }
    return { url, newKey, jobStore: alarms.store, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startSending(
  database: Database,
  encryption: Encryption,
  alarms: Alarms,
  httpClient: HttpClient,
  log: Logger,
  stops: (() => Promise<unknown>)[],
): Promise<Worker> {
  const lock = await holdWorkerLock(database.url, log);
  stops.push(() => lock.close());
  const drain = new Drain({
    database,
    encryption,
    alarms,
    httpClient,
    log,
    worker: lock.worker,
    endpoints: createEndpoints(database, encryption),
    recorder: createRecorder(database, alarms, log),
  });
  const worker = new Worker(database, alarms, drain, log);
  await worker.start();
  stops.push(async () => {
    const limit = setTimeout(() => void httpClient.close(), drainWithinMs);
    await worker.stop();
    clearTimeout(limit);
    await httpClient.close();
  });
  return worker;
}

async function serveApi(http: FastifyInstance, parts: Parts): Promise<() => Promise<unknown>> {
  const schema = buildGraphqlSchema();
  const overHttp = await registerGraphqlHttp(http, schema, parts);
  const overWebSocket = registerGraphqlWebSocket(http, schema, parts);
  await registerGraphiql(http, { folder: graphiqlFolder });
  return async () => {
    await overWebSocket.stop();
    await overHttp.stop();
  };
}

async function listenOn(http: FastifyInstance, { port, host }: Config): Promise<string> {
  try {
    await http.listen({ port, host });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new StartError(
        `Port ${port} on ${host} is in use by another program. Set PORT to a free one, or to 0 for any.`,
      );
    if (code === 'EACCES')
      throw new StartError(`Port ${port} needs more rights than this user has. Set PORT to 1024 or higher.`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new StartError(
        `HOST ${host} is no address of this machine. Set HOST to 127.0.0.1, 0.0.0.0 or an address it has.`,
      );
    throw error;
  }
  const address = http.server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  const name = host.includes(':') ? `[${host}]` : host;
  return `http://${host === '0.0.0.0' || host === '::' ? 'localhost' : name}:${bound}`;
}

/** The names under which this server itself is reached: no endpoint may be one of them. */
function originsOf(url: string, { publicUrl, host }: Config): { host: string; port: number }[] {
  const port = Number(new URL(url).port);
  const own = ['localhost', '127.0.0.1', '::1', host].map((name) => ({ host: name, port }));
  if (publicUrl === undefined) return own;
  const { hostname, port: publicPort, protocol } = new URL(publicUrl);
  return [...own, { host: hostname, port: Number(publicPort) || (protocol === 'https:' ? 443 : 80) }];
}

async function readiness(database: Database, alarms: Alarms): Promise<Readiness> {
  const deadline = new Promise<boolean>((resolve) => setTimeout(resolve, 2_000, false).unref());
  const answered = database.query({ text: 'SELECT 1' }, []).then(
    () => true,
    () => false,
  );
  const isReady = await Promise.race([answered, deadline]);
  return { isReady, missing: [...(isReady ? [] : ['PostgreSQL']), ...(alarms.isUp() ? [] : [alarms.store])] };
}
