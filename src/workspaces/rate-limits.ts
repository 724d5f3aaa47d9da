import type { Logger } from 'pino';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Config } from '../config.js';
import { clientNetwork } from '../rules/client-address.js';
import { type Limit, type Standing, windowSeconds } from '../rules/rate-limit-fields.js';
import type { Database } from '../storage/database.js';
import type { Caller } from './authenticate.js';
import { type Guess, KeyGuesses } from './key-guesses.js';
import { type Use, UseCounts } from './use-counts.js';

/** What an operation is about to use. */
export interface OperationUses {
  /** How often each root field is asked for, under whatever names. */
  readonly fields: ReadonlyMap<string, number>;
  /** How many events it publishes. */
  readonly events: number;
  /** The length of the request, where it publishes. */
  readonly bytes: number;
}

/** How much callers may ask for, kept to by all processes on one database together. */
export interface RateLimits {
  /** Counts an operation before it is executed; where one of the standings is over, it must not be. */
  charge(caller: Caller, uses: OperationUses): Promise<readonly Standing[]>;
  /** Looks up a key that a client's address sends, unless that has failed with too many. */
  guessKey<T>(address: string, look: () => Promise<T | undefined>): Promise<Guess<T>>;
  noteFailedKey(address: string): void;
  close(): void;
}

type Quotas = Pick<
  Config,
  | 'managementRequestsPerMinute'
  | 'workspaceManagementRequestsPerMinute'
  | 'requestsPerMinute'
  | 'publishedEventsPerMinute'
  | 'publishedBytesPerMinute'
  | 'failedKeysPerMinute'
>;

// How many times the requests a minute of one key; the profile HOURLY states it.
const managementFields: ReadonlyMap<string, number> = new Map([
  ['eventTypes', 1],
  ['webhookSubscriptions', 1],
  ['webhookSubscription', 1],
  ['createWebhookSubscription', 1],
  ['deleteWebhookSubscription', 1],
  ['updateWebhookSubscription', 2],
]);
const publishFields: ReadonlySet<string> = new Set(['publishEvent', 'publishEvents']);
const keysPerWorkspace = 10;

/** Builds the limits of the configuration; a quota of 0 is no limit. */
export function createRateLimits(database: Database, quotas: Quotas, log: Logger): RateLimits {
  const counts = new UseCounts(database, log);
  const management = managementLimiters(database, quotas.managementRequestsPerMinute);
  const guesses = new KeyGuesses(counts, { name: 'failed-keys', quota: quotas.failedKeysPerMinute });
  return {
    async charge(caller, uses) {
      const charges = [...uses.fields].flatMap(([field, amount]) => {
        const charge = management.get(field);
        return charge ? [charge(caller.apiKeyId, amount)] : [];
      });
      const managed = charges.length === 0 ? [] : await Promise.all(charges);
      // What a key is refused is not taken from its workspace: one key alone could use up what all have.
      if (managed.some(({ isOver }) => isOver)) return managed;
      return [...managed, ...chargeInProcess(counts, quotas, caller, uses)];
    },
    guessKey: (address, look) => guesses.lookUp(clientNetwork(address), look),
    noteFailedKey: (address) => guesses.noteFailure(clientNetwork(address)),
    close: () => counts.close(),
  };
}

/** The operations on event types and subscriptions: few, and counted exactly, each use in PostgreSQL. */
function managementLimiters(database: Database, perMinute: number) {
  type Charge = (apiKeyId: string, amount: number) => Promise<Standing>;
  const limiters = new Map<string, Charge>();
  if (perMinute === 0) return limiters;
  for (const [field, times] of managementFields) {
    const limit: Limit = { name: field, quota: perMinute * times };
    const window = { points: limit.quota, duration: windowSeconds, keyPrefix: field };
    const limiter = new RateLimiterPostgres({
      ...window,
      storeClient: database.pool,
      storeType: 'pool',
      tableName: 'rate_limit',
      tableCreated: true,
      clearExpiredByTimeout: false,
      // A key that has used up its minute costs no more statements.
      inMemoryBlockOnConsumed: limit.quota,
      // While PostgreSQL is away, each process counts for itself.
      insuranceLimiter: new RateLimiterMemory(window),
    });
    limiters.set(field, (apiKeyId, amount) =>
      limiter.consume(apiKeyId, amount).then(
        (left) => toStanding(limit, left, false),
        (refusal: unknown) => {
          if (refusal instanceof RateLimiterRes) return toStanding(limit, refusal, true);
          throw refusal;
        },
      ),
    );
  }
  return limiters;
}

function toStanding(limit: Limit, left: RateLimiterRes, isOver: boolean): Standing {
  return { limit, remaining: left.remainingPoints, resetMs: left.msBeforeNext, isOver };
}

/** What is too frequent for a statement each, such as publishing and reading the logs, and what all keys of a workspace use together. */
function chargeInProcess(
  counts: UseCounts,
  quotas: Quotas,
  { apiKeyId, workspaceId }: Caller,
  { fields, events, bytes }: OperationUses,
): Standing[] {
  let requests = 0;
  for (const [field, amount] of fields)
    if (!managementFields.has(field) && !publishFields.has(field)) requests += amount;
  const { requestsPerMinute, publishedEventsPerMinute, publishedBytesPerMinute } = quotas;
  const workspaceRequests = requestsPerMinute * keysPerWorkspace;
  const charges: readonly Use[] = [
    ...managementOfWorkspace(quotas, workspaceId, fields),
    { limit: { name: 'requests', quota: requestsPerMinute }, subject: apiKeyId, amount: requests },
    {
      limit: { name: 'workspace-requests', quota: workspaceRequests },
      subject: workspaceId,
      amount: requests,
    },
    {
      limit: { name: 'published-events', quota: publishedEventsPerMinute },
      subject: workspaceId,
      amount: events,
    },
    {
      limit: { name: 'published-bytes', quota: publishedBytesPerMinute, unit: 'content-bytes' },
      subject: workspaceId,
      amount: bytes,
    },
  ];
  return counts.use(...charges.filter(({ limit, amount }) => limit.quota > 0 && amount > 0));
}

/** The management limits of all keys of a workspace together, for each operation as those of a key are. */
function managementOfWorkspace(
  { workspaceManagementRequestsPerMinute: perMinute }: Quotas,
  workspaceId: string,
  fields: OperationUses['fields'],
): Use[] {
  return [...fields].flatMap(([field, amount]) => {
    const times = managementFields.get(field);
    if (times === undefined) return [];
    return [
      { limit: { name: `workspace-${field}`, quota: perMinute * times }, subject: workspaceId, amount },
    ];
  });
}
