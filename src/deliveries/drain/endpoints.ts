import type { Logger } from 'pino';
import type { Profile } from '../../profiles/profile.js';
import { profileNamed } from '../../profiles/profiles.js';
import type { RetryPolicy } from '../../rules/delivery-states.js';
import type { SigningSecret } from '../../rules/signatures.js';
import type { Database } from '../../storage/database.js';
import type { Encryption } from '../../storage/encryption.js';
import type { Statement } from '../../storage/statement.js';
import { toTypeId } from '../../storage/typeid.js';
import { topicOf } from '../../subscriptions/add-confirmation.js';
import { type Header, openHeaders } from '../../subscriptions/subscription-headers.js';

/** What an attempt needs to know of its subscription, secrets decrypted; for the worker's eyes only. */
export interface Endpoint {
  /** The subscription's TypeID. */
  readonly subscriptionId: string;
  /** The workspace's TypeID. */
  readonly workspaceId: string;
  readonly revision: number;
  readonly url: string;
  readonly profile: Profile;
  /** The last part of the name of its topic, for signed messages. */
  readonly topic: string;
  readonly policy: RetryPolicy;
  readonly timeoutMs: number;
  readonly ownHeaders: readonly Header[];
  /** Newest first; the expired ones are left out at each signing. */
  readonly secrets: readonly (SigningSecret & { readonly expiresAtMs: number | undefined })[];
}

/** The endpoints that a worker sends to. */
export interface Endpoints {
  /**
   * The endpoints of these subscriptions, at these revisions or later ones. Left out are those that were deleted meanwhile, since
   * their secrets are gone, and those whose secrets cannot be read, which the log tells.
   */
  load(wanted: ReadonlyMap<string, number>): Promise<Map<string, Endpoint>>;
}

const maxKept = 10_000;

/** Keeps endpoints in memory; a claim says which revision is current, so none is ever out of date. */
export function createEndpoints(database: Database, encryption: Encryption, log: Logger): Endpoints {
  const kept = new Map<string, Endpoint>();
  return {
    async load(wanted) {
      const current = [...wanted].filter(([id, revision]) => (kept.get(id)?.revision ?? 0) >= revision);
      const found = new Map(current.map(([id]) => [id, kept.get(id) as Endpoint]));
      const missing = [...wanted.keys()].filter((id) => !found.has(id));
      const rows = missing.length > 0 ? await database.query<EndpointRow>(find, [missing]) : [];
      if (kept.size + rows.length > maxKept) kept.clear();
      for (const [id, endpoint] of readableOf(rows, encryption, log)) {
        kept.set(id, endpoint);
        found.set(id, endpoint);
      }
      return found;
    },
  };
}

/** Those that can be signed for: one that cannot must not keep those of others waiting. */
function readableOf(rows: readonly EndpointRow[], encryption: Encryption, log: Logger): [string, Endpoint][] {
  return rows.flatMap((row) => {
    try {
      return [[row.uuid, toEndpoint(row, encryption)]];
    } catch (error) {
      const message = 'a subscription cannot be sent to: its secrets cannot be read';
      log.error({ err: error, subscription: row.uuid }, message);
      return [];
    }
  });
}

interface EndpointRow {
  readonly uuid: string;
  readonly workspaceId: string;
  readonly revision: number;
  readonly url: string;
  readonly profile: string;
  readonly notificationEndpoint: string | null;
  readonly scheme: SigningSecret['scheme'];
  readonly schedule: number[] | null;
  readonly timeoutSeconds: number;
  readonly headerNames: string[];
  readonly headerValues: Buffer | null;
  readonly secrets: { id: string; ciphertext: string; expiresAt: string | null }[];
}

function toEndpoint(row: EndpointRow, encryption: Encryption): Endpoint {
  const profile = profileNamed(row.profile);
  const subscriptionId = toTypeId('wsub', row.uuid);
  return {
    subscriptionId,
    workspaceId: toTypeId('ws', row.workspaceId),
    revision: row.revision,
    url: row.url,
    profile,
    topic: topicOf({ notificationEndpoint: row.notificationEndpoint, id: subscriptionId }),
    policy: {
      scheduleSeconds: row.schedule ?? profile.retryScheduleSeconds,
      jitter: profile.jitter,
      success: profile.success,
    },
    timeoutMs: row.timeoutSeconds * 1000,
    ownHeaders: openHeaders(row, encryption),
    secrets: row.secrets.map(({ id, ciphertext, expiresAt }) => ({
      scheme: row.scheme,
      secret: encryption.decrypt(Buffer.from(ciphertext, 'hex'), { workspaceId: row.workspaceId, rowId: id }),
      expiresAtMs: expiresAt === null ? undefined : Date.parse(expiresAt),
    })),
  };
}

const find: Statement = {
  name: 'find-endpoints',
  text: `SELECT s.id AS uuid, s.workspace_id AS "workspaceId", s.revision, s.endpoint_url AS url, s.profile,
      s.notification_endpoint AS "notificationEndpoint",
      s.signature_scheme AS scheme, s.retry_schedule_seconds AS schedule, s.timeout_seconds AS "timeoutSeconds",
      s.header_names AS "headerNames", s.header_values AS "headerValues",
      (SELECT coalesce(json_agg(json_build_object('id', k.id, 'ciphertext', encode(k.ciphertext, 'hex'), 'expiresAt', k.expires_at)
          ORDER BY k.id DESC), '[]')
        FROM subscription_secret k WHERE k.subscription_id = s.id) AS secrets
    FROM webhook_subscription s WHERE s.id = ANY ($1::uuid[]) AND s.deleted_at IS NULL`,
};
