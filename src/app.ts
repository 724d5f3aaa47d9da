// type-graphql's decorators need it before anything of theirs is loaded.
import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { createMessageSender } from './certificates/message-sender.js';
import type { Config } from './config.js';
import { createConnections } from './connections.js';
import { type Alarms, openAlarms } from './deliveries/alarms/alarms.js';
import { ConfirmationSender } from './deliveries/confirmation-sender.js';
import { Drain } from './deliveries/drain/drain.js';
import { createEndpoints } from './deliveries/drain/endpoints.js';
import { createRecorder } from './deliveries/drain/gather-records.js';
import { settleUnsendable } from './deliveries/drain/settle-unsendable.js';
import { createSignMessages } from './deliveries/drain/sign-messages.js';
import { watchBacklog } from './deliveries/drain/watch-backlog.js';
import { Worker } from './deliveries/drain/worker.js';
import { holdWorkerLock } from './deliveries/drain/worker-lock.js';
import { createDeliveryUpdates, noDeliveryUpdates } from './deliveries/live/delivery-updates.js';
import { createLoaders } from './deliveries/loaders.js';
import { foreignAddresses } from './dialer/foreign-addresses.js';
import { createHttpClient } from './dialer/http-client.js';
import { noAdmission } from './events/admission.js';
import { EventType } from './events/event-type.entity.js';
import { createPublisher } from './events/publisher.js';
import { registerGraphiql } from './graphql/graphiql-page.js';
import { registerGraphqlHttp } from './graphql/graphql-http.js';
import { registerGraphqlWebSocket } from './graphql/graphql-websocket.js';
import { createHttpServer } from './graphql/http-server.js';
import { listenHttp, ownOriginsOf } from './graphql/listen-http.js';
import { registerMessagePages } from './graphql/message-pages.js';
import { createOperationReader } from './graphql/read-operation.js';
import { buildGraphqlSchema } from './graphql/schema.js';
import { startHousekeeping } from './housekeeping.js';
import type { Parts } from './parts.js';
import type { AddressPolicy } from './rules/address-policy.js';
import { largestWindow } from './rules/concurrency-window.js';
import { announceKey } from './storage/announce-key.js';
import { checkDurability } from './storage/check-durability.js';
import { type Database, openDatabase } from './storage/database.js';
import { createEncryption } from './storage/encryption.js';
import { openStores, type Stores } from './stores.js';
import { WebhookSubscription } from './subscriptions/webhook-subscription.entity.js';
import { ApiKey } from './workspaces/api-key.entity.js';
import { createAuthenticator } from './workspaces/authenticate.js';
import { bootstrapWorkspace } from './workspaces/bootstrap-workspace.js';
import { createRateLimits } from './workspaces/rate-limits.js';
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
  /** Stops what was started for this process alone, whoever still uses it: for a stop that takes too long. */
  stopStores(): Promise<void>;
}

const entities = [Workspace, ApiKey, EventType, WebhookSubscription];
const graphiqlFolder = fileURLToPath(new URL('../../dist/graphiql', import.meta.url));
// What is in flight gets so long to end by itself at a stop; then it is interrupted, and sent again after the next start.
const drainWithinMs = 12_000;

/** Builds every part once, in order, and starts it. Where one fails, those before it are stopped; `stop` goes the same way back. */
export async function startApp(config: Config, log: Logger): Promise<App> {
  const started = new AsyncDisposableStack();
  const publicUrl = Promise.withResolvers<string>();
  publicUrl.promise.catch(() => undefined);
  try {
    const stores = started.use(await openStores(config, log));
    const database = await openDatabase(stores.databaseUrl, entities, log);
    started.defer(() => database.close());
    await checkDurability(database, config.mongodbUrl, log);
    started.use(await startHousekeeping(database, config.retentionDays, log));
    const { newKey } = await bootstrapWorkspace(database, config.bootstrapApiKey);
    const ownOrigins: { host: string; port: number }[] = [];
    const parts = await buildParts(config, log, database, stores, ownOrigins, publicUrl.promise, started);
    started.use(await announceKey(database.url, parts.encryption, log));
    if (config.role !== 'api') await startSending(parts, started);
    const url = await serve(parts, started);
    ownOrigins.push(...ownOriginsOf(url, config));
    publicUrl.resolve(config.publicUrl ?? url);
    return {
      url,
      newKey,
      jobStore: parts.alarms.store,
      stop: () => started.disposeAsync(),
      stopStores: async () => stores[Symbol.asyncDispose](),
    };
  } catch (error) {
    // Whoever waits for it must not wait for ever: the drain is waited for.
    publicUrl.reject(error);
    await started.disposeAsync();
    throw error;
  }
}

async function buildParts(
  config: Config,
  log: Logger,
  database: Database,
  stores: Stores,
  ownOrigins: AddressPolicy['ownOrigins'],
  publicUrl: Promise<string>,
  started: AsyncDisposableStack,
): Promise<Parts> {
  const alarms = await openAlarms(stores.jobStore, log);
  started.defer(() => alarms.stop());
  const authenticator = createAuthenticator(database);
  started.defer(() => authenticator.close());
  const rateLimits = createRateLimits(database, config, log);
  started.defer(() => rateLimits.close());
  const updates = config.role === 'worker' ? noDeliveryUpdates : await createDeliveryUpdates(database, log);
  started.defer(() => updates.close());
  const encryption = createEncryption(stores.encryptionKeys);
  const parts: Parts = {
    config,
    log,
    database,
    alarms,
    authenticator,
    rateLimits,
    connections: createConnections(config),
    updates,
    encryption,
    messageSender: createMessageSender(database, encryption, publicUrl, config.region),
    addressPolicy: {
      allowedNetworks: config.allowedNetworks,
      allowedPorts: config.allowedPorts,
      allowHttp: config.allowHttpEndpoints,
      allowLoopback: config.allowLoopback,
      ownOrigins,
    },
    publisher: createPublisher(database, () => parts),
    loaders: createLoaders(database),
    settleUnsendable: () => settleUnsendable(database),
    // A process that sends puts its own drain and worker in the place of these.
    admission: noAdmission,
    wakeDrain: () => void alarms.set([new Date()]),
  };
  return parts;
}

async function startSending(parts: Parts, started: AsyncDisposableStack): Promise<void> {
  const { config, log, database, alarms, encryption } = parts;
  const lock = await holdWorkerLock(database.url, log);
  started.defer(() => lock.close());
  const foreign = await foreignAddresses(config.sourceIpAddresses);
  if (foreign.length > 0)
    log.warn(
      { addresses: foreign },
      'nothing is sent from addresses of SOURCE_IP_ADDRESSES that this machine lacks',
    );
  const httpClient = createHttpClient(parts.addressPolicy, {
    connectionsPerOrigin: largestWindow,
    sourceAddresses: config.sourceIpAddresses,
  });
  started.defer(() => httpClient.close());
  const recorder = createRecorder(database, alarms, log);
  const endpoints = createEndpoints(database, encryption, log);
  const drain = new Drain({
    database,
    encryption,
    alarms,
    httpClient,
    log,
    endpoints,
    recorder,
    signMessages: createSignMessages(database, parts.messageSender),
    worker: lock.worker,
  });
  const confirmations = new ConfirmationSender(database, encryption, httpClient, log);
  const noteBacklog = watchBacklog(config.backlogWarningSeconds, log);
  const worker = new Worker(database, alarms, drain, confirmations, noteBacklog, log);
  started.defer(async () => {
    const limit = setTimeout(() => void httpClient.close(), drainWithinMs);
    await worker.stop();
    clearTimeout(limit);
  });
  parts.admission = drain;
  parts.wakeDrain = () => worker.wake();
  await worker.start();
}

/** Every role answers about its health; all but workers serve the API. */
async function serve(parts: Parts, started: AsyncDisposableStack): Promise<string> {
  const { config, log } = parts;
  const http = createHttpServer(() => readinessOf(parts), config.limits, log);
  parts.connections.watch(http.server);
  registerMessagePages(http, parts);
  if (config.role !== 'worker') {
    const schema = buildGraphqlSchema();
    const reader = createOperationReader(schema, config.limits);
    registerGraphqlHttp(http, reader, parts);
    const overWebSocket = registerGraphqlWebSocket(http, schema, reader, parts);
    started.defer(() => overWebSocket.stop());
    await registerGraphiql(http, { folder: graphiqlFolder });
  }
  // Stopped first: requests under way come to their end while all that answers them still runs.
  started.defer(() => http.close());
  return listenHttp(http, config);
}

async function readinessOf({ database, alarms }: Parts) {
  const isReady = await database.answers();
  return { isReady, missing: [...(isReady ? [] : ['PostgreSQL']), ...(alarms.isUp() ? [] : [alarms.store])] };
}
