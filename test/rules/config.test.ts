import { describe, expect, test } from 'vitest';
import { describeConfig, readConfig } from '../../src/config.js';
import { StartError } from '../../src/start-error.js';

const key1 = Buffer.alloc(32, 1).toString('base64');
const key2 = Buffer.alloc(32, 2).toString('base64');
const production = {
  DATABASE_URL: 'postgres://tendril:pg-canary@db.example:5432/tendril',
  ENCRYPTION_KEYS: key1,
};

/** The lines of the report, one for each fault, without the heading. */
function faultsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}

test('with nothing set, the server is a development server on the embedded stores', () => {
  expect(readConfig({})).toEqual({
    port: 4000,
    host: '127.0.0.1',
    dataDir: '.data',
    databaseUrl: undefined,
    mongodbUrl: undefined,
    mongodBinary: undefined,
    role: 'all',
    bootstrapApiKey: undefined,
    encryptionKeys: [],
    allowHttpEndpoints: true,
    allowLoopback: true,
    allowedNetworks: [],
    allowedPorts: [],
    sourceIpAddresses: [],
    publicUrl: undefined,
    region: 'local',
    retentionDays: 30,
    backlogWarningSeconds: 60,
    logLevel: 'info',
    managementRequestsPerMinute: 50,
    workspaceManagementRequestsPerMinute: 500,
    requestsPerMinute: 60_000,
    publishedEventsPerMinute: 2_000_000,
    publishedBytesPerMinute: 4_000_000_000,
    failedKeysPerMinute: 30,
    subscriptionsPerWorkspace: 10_000,
    socketsPerKey: 1000,
    maxConnections: 5000,
    connectionsPerAddress: 2000,
    trustedProxies: [],
    limits: {
      bodyBytes: 1_048_576,
      publishBodyBytes: 8_388_608,
      tokens: 2000,
      depth: 12,
      aliases: 15,
      repeats: 50,
      directives: 5,
      cost: 20_000,
      messageBytes: 262_144,
      subscriptionsPerSocket: 20,
    },
    isProduction: false,
  });
});

test('every setting is read', () => {
  const config = readConfig({
    ...production,
    PORT: '0',
    HOST: '::',
    DATA_DIR: '/var/lib/tendril',
    MONGODB_URL: 'mongodb://a.example:27017,b.example:27017/jobs?replicaSet=rs0',
    MONGOD_BINARY: 'off',
    ROLE: 'worker',
    BOOTSTRAP_API_KEY: 'k'.repeat(32),
    ENCRYPTION_KEYS: `${key1}, ${key2}`,
    ALLOW_HTTP_ENDPOINTS: 'true',
    ALLOWED_NETWORKS: '10.0.0.0/8,fd00::/8',
    ALLOWED_PORTS: '22, 587',
    SOURCE_IP_ADDRESSES: '203.0.113.7, 2001:db8::7',
    PUBLIC_URL: 'https://hooks.example.com/tendril/',
    REGION: 'eu-west-1',
    RETENTION_DAYS: '3650',
    BACKLOG_WARNING_SECONDS: '0',
    LOG_LEVEL: 'debug',
    MANAGEMENT_REQUESTS_PER_MINUTE: '0',
    WORKSPACE_MANAGEMENT_REQUESTS_PER_MINUTE: '8',
    REQUESTS_PER_MINUTE: '1',
    PUBLISHED_EVENTS_PER_MINUTE: '2',
    PUBLISHED_BYTES_PER_MINUTE: '1000000000000',
    FAILED_KEYS_PER_MINUTE: '3',
    SUBSCRIPTIONS_PER_WORKSPACE: '5',
    SOCKETS_PER_KEY: '4',
    MAX_CONNECTIONS: '60',
    CONNECTIONS_PER_ADDRESS: '7',
    TRUSTED_PROXIES: '10.0.0.0/8',
    MAX_BODY_BYTES: '1024',
    MAX_PUBLISH_BODY_BYTES: '2048',
    MAX_TOKENS: '1',
    MAX_DEPTH: '2',
    MAX_ALIASES: '0',
    MAX_REPEATS: '7',
    MAX_DIRECTIVES: '3',
    MAX_COST: '4',
    MAX_MESSAGE_BYTES: '1025',
    SUBSCRIPTIONS_PER_SOCKET: '5',
  });
  expect(config).toEqual({
    port: 0,
    host: '::',
    dataDir: '/var/lib/tendril',
    databaseUrl: production.DATABASE_URL,
    mongodbUrl: 'mongodb://a.example:27017,b.example:27017/jobs?replicaSet=rs0',
    mongodBinary: 'off',
    role: 'worker',
    bootstrapApiKey: 'k'.repeat(32),
    encryptionKeys: [Buffer.alloc(32, 1), Buffer.alloc(32, 2)],
    allowHttpEndpoints: true,
    allowLoopback: false,
    allowedNetworks: ['10.0.0.0/8', 'fd00::/8'],
    allowedPorts: [22, 587],
    sourceIpAddresses: ['203.0.113.7', '2001:db8::7'],
    publicUrl: 'https://hooks.example.com/tendril',
    region: 'eu-west-1',
    retentionDays: 3650,
    backlogWarningSeconds: 0,
    logLevel: 'debug',
    managementRequestsPerMinute: 0,
    workspaceManagementRequestsPerMinute: 8,
    requestsPerMinute: 1,
    publishedEventsPerMinute: 2,
    publishedBytesPerMinute: 1_000_000_000_000,
    failedKeysPerMinute: 3,
    subscriptionsPerWorkspace: 5,
    socketsPerKey: 4,
    maxConnections: 60,
    connectionsPerAddress: 7,
    trustedProxies: ['10.0.0.0/8'],
    limits: {
      bodyBytes: 1024,
      publishBodyBytes: 2048,
      tokens: 1,
      depth: 2,
      aliases: 0,
      repeats: 7,
      directives: 3,
      cost: 4,
      messageBytes: 1025,
      subscriptionsPerSocket: 5,
    },
    isProduction: true,
  });
});

test('an empty or blank text counts as unset', () => {
  expect(readConfig({ PORT: '', HOST: ' ', DATABASE_URL: '', ROLE: '', ENCRYPTION_KEYS: '\n' })).toEqual(
    readConfig({}),
  );
});

test('DATABASE_URL makes a production server: no http endpoints and no loopback unless they are asked for', () => {
  expect(readConfig(production)).toMatchObject({
    isProduction: true,
    allowHttpEndpoints: false,
    allowLoopback: false,
  });
  expect(readConfig({ ...production, ALLOW_HTTP_ENDPOINTS: 'true' })).toMatchObject({
    allowHttpEndpoints: true,
  });
  expect(readConfig({ ALLOW_HTTP_ENDPOINTS: 'false' })).toMatchObject({
    allowHttpEndpoints: false,
    allowLoopback: true,
  });
});

describe('a wrong setting is told with its name and what would be right', () => {
  const wrong: [name: string, text: string, says: RegExp][] = [
    ['REGION', 'eu:west', /small letters/],
    ['PORT', '65536', /from 0 to 65535/],
    ['BACKLOG_WARNING_SECONDS', 'never', /a number of seconds \(0 never warns\)/],
    ['PORT', '-1', /from 0 to 65535/],
    ['PORT', '4000.5', /"4000\.5" is not a port/],
    ['PORT', '0x50', /"0x50" is not a port/],
    ['PORT', 'http', /"http" is not a port/],
    ['HOST', 'http://localhost', /host name alone/],
    ['HOST', '256.0.0.1', /IP address or a host name/],
    ['HOST', 'localhost:4000', /host name alone/],
    ['DATA_DIR', 'a\0b', /NUL/],
    ['MONGOD_BINARY', 'a\0b', /NUL/],
    ['DATABASE_URL', 'db.example/tendril', /give postgresql:\/\/user:password@host/],
    ['DATABASE_URL', 'mysql://db.example/tendril', /not a PostgreSQL URL/],
    ['DATABASE_URL', 'postgres://db.example:port/tendril', /not a PostgreSQL URL/],
    ['DATABASE_URL', 'postgres://user:50%@db.example/tendril', /percent-encoded/],
    ['DATABASE_URL', 'postgres://db.example', /names no database/],
    [
      'DATABASE_URL',
      'postgres://db.example/tendril?sslmode=verify',
      /sslmode; give one of disable, .*, verify-full/,
    ],
    ['DATABASE_URL', 'postgres://db.example/tendril?sslmode=', /unknown sslmode/],
    ['MONGODB_URL', 'localhost:27017', /give mongodb:\/\/host/],
    ['MONGODB_URL', 'mongodb://', /not a MongoDB URL/],
    ['MONGODB_URL', 'mongodb://user:p@ss@mongo.example', /percent-encoded/],
    ['MONGODB_URL', 'mongodb+srv://a.example,b.example/', /not a MongoDB URL/],
    ['ROLE', 'sender', /"sender" is not known; give one of all, api, worker/],
    ['BOOTSTRAP_API_KEY', 'k'.repeat(31), /has 31 characters; give at least 32/],
    ['BOOTSTRAP_API_KEY', `${'k'.repeat(32)} k`, /HTTP header/],
    ['BOOTSTRAP_API_KEY', `${'k'.repeat(32)}é`, /HTTP header/],
    ['BOOTSTRAP_API_KEY', `${'k'.repeat(32)}\r\nx: y`, /HTTP header/],
    ['ENCRYPTION_KEYS', ',', /holds no key; .*openssl rand -base64 32/],
    ['ENCRYPTION_KEYS', `${key1},${key1.slice(4)}`, /key 2 of 2 is not base64 of 32 bytes/],
    ['ENCRYPTION_KEYS', Buffer.alloc(33).toString('base64'), /key 1 of 1/],
    ['ENCRYPTION_KEYS', '0'.repeat(64), /key 1 of 1/],
    ['ALLOW_HTTP_ENDPOINTS', 'yes', /"yes" is not a switch; give true or false/],
    ['ALLOW_HTTP_ENDPOINTS', 'TRUE', /give true or false/],
    ['ALLOWED_NETWORKS', '10.0.0.0/8,10.0.0.1', /"10\.0\.0\.1" is not a network; give CIDR/],
    ['ALLOWED_NETWORKS', '10.0.0.0/33', /not a network/],
    ['ALLOWED_NETWORKS', '010.0.0.0/8', /not a network/],
    ['ALLOWED_NETWORKS', 'fe80::%eth0/64', /not a network/],
    ['ALLOWED_PORTS', '22,0', /"0" is not a port; give whole numbers from 1 to 65535/],
    ['ALLOWED_PORTS', '65536', /not a port/],
    ['ALLOWED_PORTS', '22.5', /not a port/],
    ['ALLOWED_PORTS', '1-1023', /not a port/],
    ['SOURCE_IP_ADDRESSES', '203.0.113.7,hooks.example', /"hooks\.example" is not an IP address/],
    ['PUBLIC_URL', 'hooks.example.com', /not an absolute http or https URL/],
    ['PUBLIC_URL', 'ftp://hooks.example.com', /not an absolute http or https URL/],
    ['PUBLIC_URL', 'https://user:pw@hooks.example.com', /without user, password/],
    ['PUBLIC_URL', 'https://hooks.example.com/?a=b', /without user, password, query/],
    ['RETENTION_DAYS', '0', /from 1 to 3650/],
    ['RETENTION_DAYS', '3651', /from 1 to 3650/],
    ['LOG_LEVEL', 'verbose', /give one of trace, debug, info, warn, error, fatal, silent/],
    ['MANAGEMENT_REQUESTS_PER_MINUTE', 'none', /0 sets no limit/],
    ['REQUESTS_PER_MINUTE', '-1', /0 sets no limit/],
    ['PUBLISHED_EVENTS_PER_MINUTE', '1e3', /0 sets no limit/],
    ['PUBLISHED_BYTES_PER_MINUTE', '1 GB', /0 sets no limit/],
    ['FAILED_KEYS_PER_MINUTE', 'all', /0 sets no limit/],
    ['SOCKETS_PER_KEY', '1.5', /0 sets no limit/],
    ['TRUSTED_PROXIES', '10.0.0.1', /not a network/],
  ];

  test.each(wrong)('%s=%j', (name, text, says) => {
    const faults = faultsOf({ ...production, [name]: text });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name}: `));
    expect(faults[0]).toMatch(says);
  });
});

describe('a right setting passes', () => {
  const right: [name: string, text: string][] = [
    ['HOST', 'localhost'],
    ['HOST', '0.0.0.0'],
    ['DATABASE_URL', 'postgresql:///tendril?host=/var/run/postgresql'],
    ['DATABASE_URL', 'postgres://u:p%40ss@[::1]:5432/tendril?sslmode=require'],
    ['MONGODB_URL', 'mongodb://localhost'],
    ['MONGODB_URL', 'mongodb://u:p%40ss@127.0.0.1:27017/?authSource=admin'],
    ['MONGODB_URL', 'mongodb://[::1]:27017/tendril'],
    ['MONGODB_URL', 'mongodb+srv://u:p@cluster.example/tendril?retryWrites=true'],
    ['ALLOWED_NETWORKS', '127.0.0.0/8, ::1/128,'],
    ['PUBLIC_URL', 'http://localhost:4000'],
  ];

  test.each(right)('%s=%s', (name, text) => {
    expect(faultsOf({ ...production, [name]: text })).toEqual([]);
  });
});

test('a production server does not start without ENCRYPTION_KEYS', () => {
  expect(faultsOf({ DATABASE_URL: production.DATABASE_URL })).toEqual([
    expect.stringMatching(/^ENCRYPTION_KEYS: is not set, .*openssl rand -base64 32/),
  ]);
});

test.each(['api', 'worker'])('ROLE=%s needs a DATABASE_URL that the processes share', (role) => {
  expect(faultsOf({ ROLE: role })).toEqual([
    expect.stringMatching(new RegExp(`^ROLE: ${role} shares its database`)),
  ]);
  expect(faultsOf({ ...production, ROLE: role })).toEqual([]);
});

test('all faults are told at once, each on a line of its own', () => {
  const faults = faultsOf({
    PORT: 'x',
    HOST: '/',
    DATABASE_URL: 'x',
    MONGODB_URL: 'x',
    ROLE: 'x',
    BOOTSTRAP_API_KEY: 'x',
    ALLOW_HTTP_ENDPOINTS: 'x',
    ALLOWED_NETWORKS: 'x,y',
    ALLOWED_PORTS: 'x,0,22',
    SOURCE_IP_ADDRESSES: 'x',
    PUBLIC_URL: 'x',
    RETENTION_DAYS: 'x',
    LOG_LEVEL: 'x',
    MANAGEMENT_REQUESTS_PER_MINUTE: 'x',
    WORKSPACE_MANAGEMENT_REQUESTS_PER_MINUTE: 'x',
    REQUESTS_PER_MINUTE: 'x',
    PUBLISHED_EVENTS_PER_MINUTE: 'x',
    PUBLISHED_BYTES_PER_MINUTE: 'x',
    FAILED_KEYS_PER_MINUTE: 'x',
    SUBSCRIPTIONS_PER_WORKSPACE: 'x',
    SOCKETS_PER_KEY: 'x',
    MAX_CONNECTIONS: 'x',
    CONNECTIONS_PER_ADDRESS: 'x',
    TRUSTED_PROXIES: 'x',
    MAX_BODY_BYTES: 'x',
    MAX_PUBLISH_BODY_BYTES: 'x',
    MAX_TOKENS: 'x',
    MAX_DEPTH: 'x',
    MAX_ALIASES: 'x',
    MAX_REPEATS: '0',
    MAX_DIRECTIVES: 'x',
    MAX_COST: 'x',
    MAX_MESSAGE_BYTES: 'x',
    SUBSCRIPTIONS_PER_SOCKET: 'x',
  });
  expect(faults.map((fault) => fault.split(':')[0])).toEqual([
    'PORT',
    'HOST',
    'DATABASE_URL',
    'MONGODB_URL',
    'ROLE',
    'BOOTSTRAP_API_KEY',
    'ALLOW_HTTP_ENDPOINTS',
    'ALLOWED_NETWORKS',
    'ALLOWED_NETWORKS',
    'ALLOWED_PORTS',
    'ALLOWED_PORTS',
    'SOURCE_IP_ADDRESSES',
    'PUBLIC_URL',
    'RETENTION_DAYS',
    'LOG_LEVEL',
    'MANAGEMENT_REQUESTS_PER_MINUTE',
    'WORKSPACE_MANAGEMENT_REQUESTS_PER_MINUTE',
    'REQUESTS_PER_MINUTE',
    'PUBLISHED_EVENTS_PER_MINUTE',
    'PUBLISHED_BYTES_PER_MINUTE',
    'FAILED_KEYS_PER_MINUTE',
    'SUBSCRIPTIONS_PER_WORKSPACE',
    'SOCKETS_PER_KEY',
    'MAX_CONNECTIONS',
    'CONNECTIONS_PER_ADDRESS',
    'TRUSTED_PROXIES',
    'MAX_BODY_BYTES',
    'MAX_PUBLISH_BODY_BYTES',
    'MAX_TOKENS',
    'MAX_DEPTH',
    'MAX_ALIASES',
    'MAX_REPEATS',
    'MAX_DIRECTIVES',
    'MAX_COST',
    'MAX_MESSAGE_BYTES',
    'SUBSCRIPTIONS_PER_SOCKET',
    'ENCRYPTION_KEYS',
  ]);
});

test('no secret is in a fault or in the description for the log', () => {
  const faults = faultsOf({
    DATABASE_URL: 'mysql://u:canary-1@db/x',
    MONGODB_URL: 'http://u:canary-2@db/x',
    BOOTSTRAP_API_KEY: 'canary-3',
    ENCRYPTION_KEYS: 'canary-4',
    PUBLIC_URL: 'https://u:canary-5@hooks.example',
  });
  expect(faults).toHaveLength(5);
  expect(faults.join()).not.toContain('canary');

  const described = describeConfig(
    readConfig({
      ...production,
      MONGODB_URL: 'mongodb://u:mongo-canary@mongo.example/jobs',
      BOOTSTRAP_API_KEY: `key-canary-${'k'.repeat(32)}`,
    }),
  );
  expect(JSON.stringify(described)).not.toMatch(/canary|AQEB/);
  expect(described).toMatchObject({
    databaseUrl: 'configured',
    mongodbUrl: 'configured',
    bootstrapApiKey: 'configured',
    encryptionKeys: 'configured',
    port: 4000,
  });
  expect(describeConfig(readConfig({}))).toMatchObject({ databaseUrl: 'not set', encryptionKeys: 'not set' });
});
