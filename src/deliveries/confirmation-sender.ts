import type { Logger } from 'pino';
import type { HttpClient, OutgoingRequest } from '../dialer/http-client.js';
import { profileNamed } from '../profiles/profiles.js';
import { afterAttempt, type Verdict } from '../rules/delivery-states.js';
import { describeOutcome } from '../rules/outcome.js';
import { standardSignature } from '../rules/signatures.js';
import { messageHeaders } from '../rules/sns-messages.js';
import type { Database } from '../storage/database.js';
import type { Encryption } from '../storage/encryption.js';
import type { Statement } from '../storage/statement.js';
import { toTypeId } from '../storage/typeid.js';
import type { ConfirmationRequest } from '../subscriptions/add-confirmation.js';

const slots = 100;
// Longer than any timeout: what a worker has claimed and not recorded by then, another one sends again.
const leaseSeconds = 60;

/** Sends the messages about subscriptions: those that a receiver is to confirm, and those that have ended. */
export class ConfirmationSender {
  readonly #database: Database;
  readonly #encryption: Encryption;
  readonly #httpClient: HttpClient;
  readonly #log: Logger;
  readonly #sending = new Set<Promise<void>>();
  #claiming: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(database: Database, encryption: Encryption, httpClient: HttpClient, log: Logger) {
    this.#database = database;
    this.#encryption = encryption;
    this.#httpClient = httpClient;
    this.#log = log;
  }

  /** Begins to send what is due; ends before it has been sent. */
  sendDue(): Promise<void> {
    if (!this.#isStopping)
      this.#claiming = this.#claiming.catch(() => undefined).then(() => this.#claimAndSend());
    return this.#claiming;
  }

  /** Begins nothing more, and waits for what is under way. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#claiming.catch(() => undefined);
    await Promise.all(this.#sending);
  }

  async #claimAndSend(): Promise<void> {
    const room = slots - this.#sending.size;
    for (const claimed of await this.#database.query<ClaimedConfirmation>(claim, [room])) {
      const { request } = claimed;
      if (request === null) continue;
      const sent = this.#send(claimed, request)
        .catch((error: unknown) =>
          this.#log.error({ err: error, confirmation: claimed.uuid }, 'a confirmation could not be sent'),
        )
        .finally(() => this.#sending.delete(sent));
      this.#sending.add(sent);
    }
  }

  async #send(claimed: ClaimedConfirmation, sealed: Buffer): Promise<void> {
    const place = { workspaceId: claimed.workspaceId, rowId: claimed.uuid };
    const request = JSON.parse(this.#encryption.decrypt(sealed, place)) as ConfirmationRequest;
    const { outcome } = await this.#httpClient.send(prepare(claimed, request, Date.now()));
    const { jitter, success } = profileNamed(claimed.profile);
    const policy = { scheduleSeconds: claimed.scheduleSeconds, jitter, success };
    const verdict = afterAttempt(claimed.retryStep, outcome, policy, Date.now(), Math.random());
    const error = describeOutcome(outcome, verdict.status === 'DELIVERED');
    this.#log.info(
      { subscription: claimed.subscriptionId, type: claimed.type, attempt: claimed.attemptNumber, error },
      error === null ? 'a confirmation was sent' : 'a confirmation did not get through',
    );
    await this.#record(claimed, verdict);
  }

  async #record({ uuid, attemptNumber }: ClaimedConfirmation, verdict: Verdict): Promise<void> {
    const next = verdict.status === 'RETRYING' ? verdict : undefined;
    const isGone = verdict.status === 'FAILED' && verdict.failureReason === 'ENDPOINT_GONE';
    await this.#database.query(record, [
      uuid,
      attemptNumber,
      next?.retryStep ?? null,
      next ? new Date(next.nextAttemptAtMs) : null,
      isGone,
    ]);
  }
}

interface ClaimedConfirmation {
  readonly uuid: string;
  readonly workspaceId: string;
  readonly subscriptionId: string;
  readonly type: string;
  readonly url: string;
  readonly profile: string;
  readonly scheduleSeconds: number[];
  readonly retryStep: number;
  readonly attemptNumber: number;
  /** Null where it is of no use any more. */
  readonly request: Buffer | null;
}

/** The same headers as a delivery has, the message's own id standing for the event's. */
function prepare(
  { uuid, url, subscriptionId }: ClaimedConfirmation,
  { body, headers, secrets, timeoutSeconds }: ConfirmationRequest,
  nowMs: number,
): OutgoingRequest {
  const timestampSeconds = Math.floor(nowMs / 1000);
  const own = Object.fromEntries(headers.map(({ name, value }) => [name.toLowerCase(), value]));
  return {
    url,
    headers: {
      'user-agent': 'Tendril',
      'webhook-id': uuid,
      'webhook-timestamp': String(timestampSeconds),
      'webhook-signature': standardSignature(secrets, uuid, timestampSeconds, body),
      ...messageHeaders(body, toTypeId('wsub', subscriptionId)),
      ...own,
    },
    body,
    timeoutMs: timeoutSeconds * 1000,
  };
}

// What has been confirmed, changed, deleted or is too old meanwhile is claimed too, to be struck off.
const claim: Statement = {
  name: 'claim-confirmations',
  text: `WITH due AS (
      SELECT c.id, s.profile, c.expires_at > now() AND (c.type = 'UnsubscribeConfirmation'
        OR (s.status = 'PENDING_CONFIRMATION' AND s.endpoint_url = c.url AND s.deleted_at IS NULL)) AS wanted
      FROM confirmation c JOIN webhook_subscription s ON s.id = c.subscription_id
      WHERE c.request IS NOT NULL AND c.next_attempt_at <= now()
      ORDER BY c.next_attempt_at LIMIT $1 FOR UPDATE OF c SKIP LOCKED
    )
    UPDATE confirmation c SET next_attempt_at = now() + interval '${leaseSeconds} seconds', attempt_count = attempt_count + 1,
      request = CASE WHEN due.wanted THEN request END
    FROM due WHERE c.id = due.id
    RETURNING c.id AS uuid, c.workspace_id AS "workspaceId", c.subscription_id AS "subscriptionId", c.type, c.url, due.profile,
      c.schedule_seconds AS "scheduleSeconds", c.retry_step AS "retryStep", c.attempt_count AS "attemptNumber", c.request`,
};

// The attempt's number tells whether the claim is still ours. Whoever answers 410 to the question is not asked again.
const record: Statement = {
  name: 'record-confirmation',
  text: `WITH recorded AS (
      UPDATE confirmation SET retry_step = coalesce($3, retry_step), next_attempt_at = coalesce($4, next_attempt_at),
        request = CASE WHEN $4::timestamptz IS NOT NULL THEN request END
      WHERE id = $1 AND attempt_count = $2 RETURNING subscription_id, url, type
    )
    UPDATE webhook_subscription s SET status = 'DISABLED', disabled_reason = 'GONE', updated_at = now(), revision = revision + 1
    FROM recorded r WHERE $5 AND s.id = r.subscription_id AND s.endpoint_url = r.url AND s.status = 'PENDING_CONFIRMATION'
      AND r.type = 'SubscriptionConfirmation' AND s.deleted_at IS NULL`,
};
