import type { Logger } from 'pino';
import type { Admission, Admitted, Place } from '../events/admission.js';
import { firstWindow } from '../rules/concurrency-window.js';
import type { Database } from '../storage/database.js';
import { newUuid, zeroUuid } from '../storage/typeid.js';
import type { Alarms } from './alarms.js';
import { type AttemptParts, attemptDelivery } from './attempt-delivery.js';
import { type ClaimedDelivery, claimDue, claimedAtBirth } from './claim-due.js';
import { EndpointWindows } from './endpoint-windows.js';
import type { Endpoint, Endpoints } from './endpoints.js';
import type { Recorder } from './gather-records.js';
import { giveBack } from './give-back.js';
import type { SignMessages } from './sign-messages.js';

/** What a drain works with. */
export interface DrainParts extends AttemptParts {
  readonly database: Database;
  readonly endpoints: Endpoints;
  readonly recorder: Recorder;
  readonly signMessages: SignMessages;
  readonly alarms: Alarms;
  /** The number that claims are made under. */
  readonly worker: number;
  readonly log: Logger;
}

const slots = 1024;
// Claiming one by one as slots come free would cost a statement each; a few dozen at a time costs next to nothing.
const refill = slots / 16;
const lingerMs = 1_500;
const afterFailureMs = 500;
const retriesWithinMs = 5_000;
const retryGridMs = 20;

/**
 * Takes due deliveries and sends them until none is due: one worker's, running once at a time. What this process publishes while
 * it runs may go straight into a free place of it, without being claimed.
 */
export class Drain implements Admission {
  readonly #parts: DrainParts;
  readonly #windows = new EndpointWindows();
  #sending = 0;
  /** Slots that came free since the last claim. */
  #freed = 0;
  #afterSubscription = zeroUuid;
  #isRunning = false;
  #isStopping = false;
  #isWoken = false;
  /** When retries are due that this drain has brought about, as far as it may still run then. */
  readonly #retriesMs = new Set<number>();
  #signal: () => void = () => undefined;

  constructor(parts: DrainParts) {
    this.#parts = parts;
  }

  /** One drain; ends when nothing is due, nothing in flight, and nobody has woken it for a while. */
  async run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#isWoken = true;
    try {
      let quietSinceMs = Date.now();
      while (!this.#isDone(quietSinceMs)) {
        if (this.#mayClaim()) {
          if ((await this.#claimAndSend().catch((error) => this.#claimFailed(error))) > 0)
            quietSinceMs = Date.now();
        } else {
          await this.#signalled(quietSinceMs + lingerMs);
          if (this.#sending > 0) quietSinceMs = Date.now();
        }
      }
    } finally {
      this.#isRunning = false;
    }
  }

  /** Tells a running drain that something is due; false where none is running. */
  wake(): boolean {
    if (!this.#isRunning) return false;
    this.#isWoken = true;
    this.#signal();
    return true;
  }

  admit(subscriptionId: string): Place | undefined {
    if (!this.#isRunning || this.#isStopping || this.#sending >= slots) return undefined;
    if (!this.#windows.isOpen(subscriptionId)) return undefined;
    this.#enter(subscriptionId);
    return { worker: this.#parts.worker, attemptId: newUuid() };
  }

  begin(admitted: readonly Admitted[]): void {
    if (admitted.length === 0) return;
    void this.#sendAll(admitted.map(claimedAtBirth)).catch((error: unknown) => {
      // Their leases run out, and the sweep takes them back.
      this.#parts.log.error({ err: error }, 'deliveries could not be sent at once');
      for (const { subscriptionId } of admitted) this.withdraw(subscriptionId);
    });
  }

  withdraw(subscriptionId: string): void {
    this.#windows.leave(subscriptionId, undefined);
    this.#freeSlot();
  }

  /** Claims nothing any more; a running drain ends once what is in flight is on record. */
  stop(): void {
    this.#isStopping = true;
    this.#signal();
  }

  #isDone(quietSinceMs: number): boolean {
    if (this.#sending > 0) return false;
    return this.#isStopping || (!this.#mayClaim() && Date.now() >= quietSinceMs + lingerMs);
  }

  #mayClaim(): boolean {
    const hasReason = this.#isWoken || this.#freed >= refill || (this.#freed > 0 && this.#sending === 0);
    return hasReason && !this.#isStopping && slots - this.#sending >= refill;
  }

  /** Waits until something happens, but not beyond the moment given or the next retry. */
  async #signalled(untilMs: number): Promise<void> {
    const wakeAtMs = Math.min(untilMs, ...this.#retriesMs);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(1, wakeAtMs - Date.now()));
      this.#signal = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    const nowMs = Date.now();
    for (const retryMs of this.#retriesMs) {
      if (retryMs > nowMs) continue;
      this.#retriesMs.delete(retryMs);
      this.#isWoken = true;
    }
  }

  /** Later retries are left to their alarms; near ones that lie close together count as one. */
  #expectRetry(atMs: number): void {
    if (atMs < Date.now() + retriesWithinMs) this.#retriesMs.add(Math.ceil(atMs / retryGridMs) * retryGridMs);
  }

  async #claimAndSend(): Promise<number> {
    const { database, alarms, worker } = this.#parts;
    this.#isWoken = false;
    this.#freed = 0;
    const limit = slots - this.#sending;
    const rooms = this.#windows.rooms();
    const claimed = await claimDue(database, {
      worker,
      limit,
      roomEach: firstWindow,
      rooms,
      afterSubscription: this.#afterSubscription,
    });
    const isFull = claimed.length === limit;
    this.#windows.noteClaim(rooms, claimed, isFull);
    this.#afterSubscription = (isFull && claimed.at(-1)?.subscriptionId) || zeroUuid;
    // A full chunk means a backlog: idle workers are called in.
    if (isFull) void alarms.set([new Date()]);
    for (const { subscriptionId } of claimed) this.#enter(subscriptionId);
    await this.#sendAll(claimed);
    return claimed.length;
  }

  /** Sends what has its places already; what cannot be sent to is given back. */
  async #sendAll(claimed: readonly ClaimedDelivery[]): Promise<void> {
    const known = await this.#endpointsOf(claimed);
    const unsendable = claimed.filter((delivery) => {
      const endpoint = known.get(delivery.subscriptionId);
      if (endpoint) void this.#send(delivery, endpoint);
      else this.withdraw(delivery.subscriptionId);
      return endpoint === undefined;
    });
    await giveBack(this.#parts.database, unsendable);
  }

  /** What is claimed is ours for as long as the lease lasts, so this is tried again where PostgreSQL went away meanwhile. */
  async #endpointsOf(claimed: readonly ClaimedDelivery[]): Promise<Map<string, Endpoint>> {
    const wanted = new Map(claimed.map((one) => [one.subscriptionId, one.subscriptionRevision]));
    for (;;) {
      try {
        return await this.#parts.endpoints.load(wanted);
      } catch (error) {
        if (this.#isStopping) throw error;
        await this.#claimFailed(error);
      }
    }
  }

  /** PostgreSQL is away, most likely: what is in flight goes on, and claiming is tried again until it succeeds. */
  async #claimFailed(error: unknown): Promise<number> {
    this.#parts.log.warn({ err: error }, 'nothing can be claimed at the moment; trying again');
    await new Promise((resolve) => setTimeout(resolve, afterFailureMs));
    this.#isWoken = true;
    return 0;
  }

  async #send(delivery: ClaimedDelivery, endpoint: Endpoint): Promise<void> {
    const { recorder, log } = this.#parts;
    let isOver = false;
    try {
      const ready = await this.#withBody(delivery, endpoint);
      if (!ready) return this.#windows.leave(delivery.subscriptionId, undefined);
      const ended = await attemptDelivery(this.#parts, ready, endpoint);
      isOver = true;
      this.#windows.leave(delivery.subscriptionId, ended.outcome);
      await recorder.record(ended);
      if (ended.verdict.status === 'RETRYING') this.#expectRetry(ended.verdict.nextAttemptAtMs);
    } catch (error) {
      // The lease runs out and the sweep takes the delivery back: nothing is lost.
      log.error({ err: error, delivery: delivery.uuid }, 'an attempt broke off');
      if (!isOver) this.#windows.leave(delivery.subscriptionId, undefined);
    } finally {
      this.#freeSlot();
    }
  }

  /** Undefined, and given back, where its message cannot be signed: the certificate's key cannot be read. */
  async #withBody(delivery: ClaimedDelivery, endpoint: Endpoint): Promise<ClaimedDelivery | undefined> {
    const { signMessages, database, log } = this.#parts;
    try {
      return await signMessages(delivery, endpoint);
    } catch (error) {
      log.error(
        { err: error, delivery: delivery.uuid },
        'a message could not be signed; it is tried again in a minute',
      );
      await giveBack(database, [delivery]);
      return undefined;
    }
  }

  #enter(subscriptionId: string): void {
    this.#sending += 1;
    this.#windows.enter(subscriptionId);
  }

  #freeSlot(): void {
    this.#sending -= 1;
    this.#freed += 1;
    if (this.#freed >= refill || this.#sending === 0) this.#signal();
  }
}
