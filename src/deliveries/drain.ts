import type { Logger } from 'pino';
import { firstWindow, nextWindow } from '../rules/concurrency-window.js';
import { afterAttempt, hasSucceeded } from '../rules/delivery-states.js';
import { describeOutcome } from '../rules/outcome.js';
import type { Database } from '../storage/database.js';
import type { Encryption } from '../storage/encryption.js';
import { zeroUuid } from '../storage/typeid.js';
import type { Alarms } from './alarms.js';
import { type ClaimedDelivery, claimDue } from './claim-due.js';
import type { Endpoint, Endpoints } from './endpoints.js';
import type { Recorder } from './gather-records.js';
import type { HttpClient } from './http-client.js';
import { prepareAttempt } from './prepare-attempt.js';

/** Takes due deliveries and sends them until none is due. */
export interface Drain {
  /** One drain; ends when nothing is due, nothing in flight, and nobody has woken it for a while. */
  run(): Promise<void>;
  /** Tells a running drain that something is due; false where none is running. */
  wake(): boolean;
  /** Claims nothing any more; a running drain ends once what is in flight is on record. */
  stop(): void;
}

/** What a drain works with. */
export interface DrainParts {
  readonly database: Database;
  readonly encryption: Encryption;
  readonly endpoints: Endpoints;
  readonly httpClient: HttpClient;
  readonly recorder: Recorder;
  readonly alarms: Alarms;
  readonly worker: number;
  readonly log: Logger;
}

const slots = 256;
// Claiming one by one as slots come free would cost a statement each; an eighth at a time costs next to nothing.
const refill = slots / 8;
const lingerMs = 1_500;

/** The drain of one worker. At most one runs at a time. */
export function createDrain(parts: DrainParts): Drain {
  const { database, alarms, log } = parts;
  const inFlight = new Map<string, number>();
  const windows = new Map<string, number>();
  let sending = 0;
  let freed = 0;
  let afterSubscription = zeroUuid;
  let isRunning = false;
  let isStopping = false;
  let isWoken = false;
  let soonestRetryMs = Number.POSITIVE_INFINITY;
  let signal: () => void = () => undefined;

  async function run(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    isWoken = true;
    try {
      let quietSinceMs = Date.now();
      while (!isStopping || sending > 0) {
        if (isClaimDue()) {
          if ((await claimAndSend()) > 0) quietSinceMs = Date.now();
          continue;
        }
        if (sending > 0) quietSinceMs = Date.now();
        const leftMs = quietSinceMs + lingerMs - Date.now();
        if (leftMs <= 0) break;
        await signalled(Math.min(leftMs, Math.max(1, soonestRetryMs - Date.now())));
        if (Date.now() >= soonestRetryMs) wakeForRetry();
      }
    } finally {
      isRunning = false;
      windows.clear();
    }
  }

  function isClaimDue(): boolean {
    return !isStopping && slots - sending >= refill && (isWoken || freed >= refill || (freed > 0 && sending === 0));
  }

  function wakeForRetry(): void {
    soonestRetryMs = Number.POSITIVE_INFINITY;
    isWoken = true;
  }

  function signalled(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      signal = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function claimAndSend(): Promise<number> {
    isWoken = false;
    freed = 0;
    const limit = slots - sending;
    const rooms = new Map([...windows].map(([id, window]) => [id, Math.max(0, window - (inFlight.get(id) ?? 0))]));
    const claimed = await claimDue(database, { worker: parts.worker, limit, roomEach: firstWindow, rooms, afterSubscription });
    afterSubscription = claimed.length === limit ? (claimed.at(-1)?.subscriptionId ?? zeroUuid) : zeroUuid;
    // A full chunk means a backlog: idle workers are called in.
    if (claimed.length === limit) void alarms.set([new Date()]);
    if (claimed.length > 0) {
      // There may be more than the windows let through: look again as soon as a few are back.
      freed = 0;
      const endpoints = await parts.endpoints.load(new Map(claimed.map((one) => [one.subscriptionId, one.subscriptionRevision])));
      for (const delivery of claimed) {
        const endpoint = endpoints.get(delivery.subscriptionId);
        if (endpoint) void send(delivery, endpoint);
      }
    }
    return claimed.length;
  }

  async function send(delivery: ClaimedDelivery, endpoint: Endpoint): Promise<void> {
    const id = delivery.subscriptionId;
    sending += 1;
    inFlight.set(id, (inFlight.get(id) ?? 0) + 1);
    if (!windows.has(id)) windows.set(id, firstWindow);
    try {
      const { request, openHeaders } = prepareAttempt(delivery, endpoint, Date.now());
      const result = await parts.httpClient.send(request);
      leave(id);
      windows.set(id, nextWindow(windows.get(id) ?? firstWindow, result.outcome));
      const verdict = afterAttempt(delivery.retryStep, result.outcome, endpoint.policy, Date.now(), Math.random());
      const succeeded = hasSucceeded(result.outcome, endpoint.policy);
      await parts.recorder.record({
        delivery,
        url: request.url,
        requestHeaders: JSON.stringify(Object.entries(openHeaders).map(([name, value]) => ({ name, value }))),
        ownHeaders: sealOwnHeaders(delivery, endpoint),
        result,
        verdict,
        succeeded,
        error: describeOutcome(result.outcome, succeeded),
      });
      if (verdict.status === 'RETRYING') soonestRetryMs = Math.min(soonestRetryMs, verdict.nextAttemptAtMs);
    } catch (error) {
      // The lease runs out and the sweep takes the delivery back: nothing is lost.
      log.error({ err: error, delivery: delivery.uuid }, 'an attempt broke off');
      leave(id);
    } finally {
      sending -= 1;
      freed += 1;
      if (isStopping || freed >= refill || sending === 0) signal();
    }
  }

  function leave(id: string): void {
    const left = (inFlight.get(id) ?? 1) - 1;
    if (left === 0) inFlight.delete(id);
    else inFlight.set(id, left);
  }

  function sealOwnHeaders(delivery: ClaimedDelivery, endpoint: Endpoint): Buffer | null {
    if (endpoint.ownHeaders.length === 0) return null;
    const place = { workspaceId: delivery.workspaceId, rowId: delivery.attemptId };
    return parts.encryption.encrypt(JSON.stringify(endpoint.ownHeaders), place);
  }

  return {
    run,
    wake() {
      if (!isRunning) return false;
      isWoken = true;
      signal();
      return true;
    },
    stop() {
      isStopping = true;
      signal();
    },
  };
}
