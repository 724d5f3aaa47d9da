import { z } from 'zod';
import {
  addressList,
  apiKey,
  encryptionKeyList,
  filePath,
  listenHost,
  mongoUrl,
  networkList,
  oneOf,
  onOff,
  portList,
  postgresUrl,
  publicUrl,
  regionName,
  wholeNumber,
} from './setting-formats.js';
import { StartError } from './start-error.js';

const requests = 'a number of requests (0 sets no limit)';

const settings = z.object({
  PORT: wholeNumber(0, 65_535, 'a port (0 takes any free one)').default(4000),
  HOST: listenHost.default('127.0.0.1'),
  DATA_DIR: filePath.default('.data'),
  DATABASE_URL: postgresUrl.optional(),
  MONGODB_URL: mongoUrl.optional(),
  MONGOD_BINARY: filePath.optional(),
  ROLE: oneOf(['all', 'api', 'worker']).default('all'),
  BOOTSTRAP_API_KEY: apiKey.optional(),
  ENCRYPTION_KEYS: encryptionKeyList.default([]),
  ALLOW_HTTP_ENDPOINTS: onOff.optional(),
  ALLOWED_NETWORKS: networkList.default([]),
  ALLOWED_PORTS: portList.default([]),
  SOURCE_IP_ADDRESSES: addressList.default([]),
  PUBLIC_URL: publicUrl.optional(),
  REGION: regionName.default('local'),
  RETENTION_DAYS: wholeNumber(1, 3650, 'a number of days').default(30),
  BACKLOG_WARNING_SECONDS: wholeNumber(0, 1_000_000, 'a number of seconds (0 never warns)').default(60),
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  MANAGEMENT_REQUESTS_PER_MINUTE: wholeNumber(0, 1_000_000, requests).default(50),
  WORKSPACE_MANAGEMENT_REQUESTS_PER_MINUTE: wholeNumber(0, 10_000_000, requests).optional(),
  REQUESTS_PER_MINUTE: wholeNumber(0, 1e9, requests).default(60_000),
  PUBLISHED_EVENTS_PER_MINUTE: wholeNumber(0, 1e9, 'a number of events (0 sets no limit)').default(2_000_000),
  PUBLISHED_BYTES_PER_MINUTE: wholeNumber(0, 1e12, 'a number of bytes (0 sets no limit)').default(4e9),
  FAILED_KEYS_PER_MINUTE: wholeNumber(0, 1_000_000, 'a number of keys (0 sets no limit)').default(30),
  SUBSCRIPTIONS_PER_WORKSPACE: wholeNumber(
    0,
    10_000_000,
    'a number of subscriptions (0 sets no limit)',
  ).default(10_000),
  SOCKETS_PER_KEY: wholeNumber(0, 1_000_000, 'a number of WebSockets (0 sets no limit)').default(1000),
  MAX_CONNECTIONS: wholeNumber(0, 1_000_000, 'a number of connections (0 sets no limit)').default(5000),
  CONNECTIONS_PER_ADDRESS: wholeNumber(0, 1_000_000, 'a number of connections (0 sets no limit)').default(
    2000,
  ),
  TRUSTED_PROXIES: networkList.default([]),
  MAX_BODY_BYTES: wholeNumber(1024, 1e9, 'a number of bytes').default(1024 * 1024),
  MAX_PUBLISH_BODY_BYTES: wholeNumber(1024, 1e9, 'a number of bytes').default(8 * 1024 * 1024),
  MAX_TOKENS: wholeNumber(1, 1_000_000, 'a number of tokens').default(2000),
  MAX_DEPTH: wholeNumber(1, 1000, 'a number of levels').default(12),
  MAX_ALIASES: wholeNumber(0, 10_000, 'a number of aliases').default(15),
  MAX_REPEATS: wholeNumber(1, 1_000_000, 'a number of repeats').default(50),
  MAX_DIRECTIVES: wholeNumber(0, 10_000, 'a number of directives').default(5),
  MAX_COST: wholeNumber(1, 1e9, 'a number of fields').default(20_000),
  MAX_MESSAGE_BYTES: wholeNumber(1024, 1e9, 'a number of bytes').default(256 * 1024),
  SUBSCRIPTIONS_PER_SOCKET: wholeNumber(1, 10_000, 'a number of subscriptions').default(20),
});

type Given = Partial<Record<keyof z.infer<typeof settings>, string>>;

/** What a request may be, at most. */
export interface RequestLimits {
  readonly bodyBytes: number;
  /** Of a request with publishEvents, which alone has reason to be large. */
  readonly publishBodyBytes: number;
  /** Words and signs of a document. */
  readonly tokens: number;
  readonly depth: number;
  readonly aliases: number;
  readonly repeats: number;
  readonly directives: number;
  /** Fields, those of a page counted once for each entry that it may have. */
  readonly cost: number;
  /** Over WebSocket. */
  readonly messageBytes: number;
  readonly subscriptionsPerSocket: number;
}

/** Everything the environment decides, checked; the README's table tells what each setting means to an operator. */
export interface Config {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
  /** As given; relative to the working directory. */
  readonly dataDir: string;
  /** Undefined: the embedded PostgreSQL on the data folder. */
  readonly databaseUrl: string | undefined;
  /** Undefined: a mongod of our own in development, PostgreSQL as the job store in production. */
  readonly mongodbUrl: string | undefined;
  /** A path, or `off` for none; undefined: look for one. */
  readonly mongodBinary: string | undefined;
  readonly role: 'all' | 'api' | 'worker';
  readonly bootstrapApiKey: string | undefined;
  /** 32 bytes each: the first encrypts, all decrypt. Empty only in development. */
  readonly encryptionKeys: readonly Buffer[];
  readonly allowHttpEndpoints: boolean;
  readonly allowLoopback: boolean;
  /** CIDR notation. */
  readonly allowedNetworks: readonly string[];
  /** Beside those that are open in any case. */
  readonly allowedPorts: readonly number[];
  readonly sourceIpAddresses: readonly string[];
  /** Without a slash at its end. Undefined: the server's own address. */
  readonly publicUrl: string | undefined;
  /** What SNS-shaped messages name as the place that they come from. */
  readonly region: string;
  readonly retentionDays: number;
  /** 0: never. */
  readonly backlogWarningSeconds: number;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** 0: no limit, here and below. */
  readonly managementRequestsPerMinute: number;
  readonly workspaceManagementRequestsPerMinute: number;
  readonly requestsPerMinute: number;
  readonly publishedEventsPerMinute: number;
  readonly publishedBytesPerMinute: number;
  readonly failedKeysPerMinute: number;
  readonly subscriptionsPerWorkspace: number;
  /** In each process. */
  readonly socketsPerKey: number;
  readonly maxConnections: number;
  /** Of each client, in each process. */
  readonly connectionsPerAddress: number;
  /** CIDR notation; whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  readonly limits: RequestLimits;
  /** Whether a PostgreSQL of the operator's own is used; strict defaults follow from it. */
  readonly isProduction: boolean;
}

/** Reads and checks the environment; throws one StartError that tells every fault, and never a secret. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const given = givenIn(env);
  const read = settings.safeParse(given);
  const faults = [
    ...(read.error?.issues ?? []).map(({ path, message }) => `${String(path[0])}: ${message}`),
    ...crossFaults(given),
  ];
  if (!read.success || faults.length > 0) throw new StartError(faultReport(faults));
  const value = read.data;
  const isProduction = value.DATABASE_URL !== undefined;
  return {
    port: value.PORT,
    host: value.HOST,
    dataDir: value.DATA_DIR,
    databaseUrl: value.DATABASE_URL,
    mongodbUrl: value.MONGODB_URL,
    mongodBinary: value.MONGOD_BINARY,
    role: value.ROLE,
    bootstrapApiKey: value.BOOTSTRAP_API_KEY,
    encryptionKeys: value.ENCRYPTION_KEYS,
    allowHttpEndpoints: value.ALLOW_HTTP_ENDPOINTS ?? !isProduction,
    allowLoopback: !isProduction,
    allowedNetworks: value.ALLOWED_NETWORKS,
    allowedPorts: value.ALLOWED_PORTS,
    sourceIpAddresses: value.SOURCE_IP_ADDRESSES,
    publicUrl: value.PUBLIC_URL,
    region: value.REGION,
    retentionDays: value.RETENTION_DAYS,
    backlogWarningSeconds: value.BACKLOG_WARNING_SECONDS,
    logLevel: value.LOG_LEVEL,
    ...quotasIn(value),
    subscriptionsPerWorkspace: value.SUBSCRIPTIONS_PER_WORKSPACE,
    socketsPerKey: value.SOCKETS_PER_KEY,
    maxConnections: value.MAX_CONNECTIONS,
    connectionsPerAddress: value.CONNECTIONS_PER_ADDRESS,
    trustedProxies: value.TRUSTED_PROXIES,
    limits: limitsIn(value),
    isProduction,
  };
}

function quotasIn(value: z.infer<typeof settings>) {
  return {
    managementRequestsPerMinute: value.MANAGEMENT_REQUESTS_PER_MINUTE,
    workspaceManagementRequestsPerMinute:
      value.WORKSPACE_MANAGEMENT_REQUESTS_PER_MINUTE ?? value.MANAGEMENT_REQUESTS_PER_MINUTE * 10,
    requestsPerMinute: value.REQUESTS_PER_MINUTE,
    publishedEventsPerMinute: value.PUBLISHED_EVENTS_PER_MINUTE,
    publishedBytesPerMinute: value.PUBLISHED_BYTES_PER_MINUTE,
    failedKeysPerMinute: value.FAILED_KEYS_PER_MINUTE,
  };
}

function limitsIn(value: z.infer<typeof settings>): RequestLimits {
  return {
    bodyBytes: value.MAX_BODY_BYTES,
    publishBodyBytes: value.MAX_PUBLISH_BODY_BYTES,
    tokens: value.MAX_TOKENS,
    depth: value.MAX_DEPTH,
    aliases: value.MAX_ALIASES,
    repeats: value.MAX_REPEATS,
    directives: value.MAX_DIRECTIVES,
    cost: value.MAX_COST,
    messageBytes: value.MAX_MESSAGE_BYTES,
    subscriptionsPerSocket: value.SUBSCRIPTIONS_PER_SOCKET,
  };
}

/** The configuration as the log may show it: secrets and URLs with passwords only as `configured` or `not set`. */
export function describeConfig(config: Config): Record<string, unknown> {
  const presence = (isSet: boolean) => (isSet ? 'configured' : 'not set');
  return {
    ...config,
    databaseUrl: presence(config.databaseUrl !== undefined),
    mongodbUrl: presence(config.mongodbUrl !== undefined),
    bootstrapApiKey: presence(config.bootstrapApiKey !== undefined),
    encryptionKeys: presence(config.encryptionKeys.length > 0),
  };
}

/** What is set at all: an empty or blank text counts as unset, as compose files and shells write it. */
function givenIn(env: NodeJS.ProcessEnv): Given {
  const given: Given = {};
  for (const name of settings.keyof().options) {
    const text = env[name]?.trim();
    if (text) given[name] = text;
  }
  return given;
}

/** The rules over several settings; they look at what is set, not at whether it is right, so that all faults come together. */
function crossFaults(given: Given): string[] {
  const faults: string[] = [];
  if (given.DATABASE_URL && !given.ENCRYPTION_KEYS)
    faults.push(
      'ENCRYPTION_KEYS: is not set, and DATABASE_URL makes this a production server; give base64 of 32 bytes, as `openssl rand -base64 32` prints it, and keep it safe: without it, stored secrets cannot be read',
    );
  if ((given.ROLE === 'api' || given.ROLE === 'worker') && !given.DATABASE_URL)
    faults.push(
      `ROLE: ${given.ROLE} shares its database with other processes, and DATABASE_URL is not set; give DATABASE_URL, or ROLE=all to run everything in this process`,
    );
  return faults;
}

function faultReport(faults: readonly string[]): string {
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  return [`The configuration has ${count}:`, ...faults.map((fault) => `  ${fault}.`)].join('\n');
}
