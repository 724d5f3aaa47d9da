import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { GraphQLClient } from 'graphql-request';
import { type Client, createClient } from 'graphql-ws';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { startApp } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { spawnTendril, type Version } from './spawn-tendril.js';
import { newDatabase, newMongoUrl } from './stores.js';

/** The stores and settings that several Tendrils share; each field stands for one of the environment's variables. */
export type Env = Record<string, string>;

/** A Tendril under test, seen from outside. */
export interface Tendril {
  readonly url: string;
  /** An ADMIN key of the workspace `default`. */
  readonly key: string;
  /** GraphQL over HTTP; with the ADMIN key unless another one is given, or null for none. */
  http(key?: string | null): GraphQLClient;
  /** GraphQL over WebSocket; `connectionParams` take the place of the key. Closed at the end of the test. */
  ws(key?: string | null, connectionParams?: Record<string, string>): Client;
  /** What it has logged, one JSON object a line. */
  readonly log: readonly string[];
  stop(): Promise<void>;
}

/** Settings for a Tendril on fresh databases of the run's servers, free to send to this machine. */
export async function freshEnv(overrides: Env = {}): Promise<Env> {
  const mongodbUrl = newMongoUrl();
  return {
    DATABASE_URL: await newDatabase(),
    ...(mongodbUrl === undefined ? {} : { MONGODB_URL: mongodbUrl }),
    ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
    BOOTSTRAP_API_KEY: `tdl_test_${randomBytes(24).toString('hex')}`,
    ALLOW_HTTP_ENDPOINTS: 'true',
    ALLOWED_NETWORKS: '127.0.0.0/8,::1/128',
    MANAGEMENT_REQUESTS_PER_MINUTE: '0',
    FAILED_KEYS_PER_MINUTE: '0',
    PORT: '0',
    ...overrides,
  };
}

/** Starts a Tendril in this process. Without `env` it has databases of its own; it is stopped at the end of the test, or by `stop`. */
export async function startTendril(env?: Env, options: { stopAfterTest?: boolean } = {}): Promise<Tendril> {
  const settings = env ?? (await freshEnv());
  const log: string[] = [];
  const app = await startApp(
    readConfig(settings),
    pino({ level: 'debug' }, { write: (line: string) => void log.push(line) }),
  );
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= app.stop());
  if (options.stopAfterTest ?? true) onTestFinished(stop);
  return { ...clientsOf(app.url, settings.BOOTSTRAP_API_KEY ?? ''), log, stop };
}

/** A Tendril in a process of its own. */
export interface TendrilProcess extends Tendril {
  readonly process: ChildProcess;
  /** Sends a signal and waits for the end; gives the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | string>;
}

/** Starts the built Tendril (dist/) in a process of its own; it is killed at the end of the test where it still runs. */
export async function startTendrilProcess(env: Env, version?: Version): Promise<TendrilProcess> {
  const { process: child, log, url: whenReady, ended } = spawnTendril(env, version);
  onTestFinished(() => void child.kill('SIGKILL'));
  const url = await whenReady;
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  return {
    ...clientsOf(url, env.BOOTSTRAP_API_KEY ?? ''),
    log,
    process: child,
    end,
    stop: async () => void (await end('SIGTERM')),
  };
}

function clientsOf(url: string, adminKey: string): Pick<Tendril, 'url' | 'key' | 'http' | 'ws'> {
  const headersOf = (key: string | null): Record<string, string> =>
    key === null ? {} : { Authorization: `Bearer ${key}` };
  return {
    url,
    key: adminKey,
    http: (key = adminKey) => new GraphQLClient(`${url}/graphql`, { headers: headersOf(key) }),
    ws: (key = adminKey, connectionParams = headersOf(key)) => {
      const client = createClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams,
        retryAttempts: 0,
      });
      onTestFinished(() => void client.dispose());
      return client;
    },
  };
}
