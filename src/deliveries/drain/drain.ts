import type { Admission, Admitted } from '../../events/admission.js';
import { afterClaim } from '../../rules/claim-turn.js';
import { claimShare } from '../../rules/concurrency-window.js';
import { newUuid, zeroUuid } from '../../storage/typeid.js';
import type { Alarms } from '../alarms/alarms.js';
import { Signal } from '../signal.js';
import { type ClaimedDelivery, claimDue, claimDueOf, claimedAtBirth } from './claim-due.js';
import { type AttemptResult, EndpointWindows } from './endpoint-windows.js';
import type { Endpoint, Endpoints } from './endpoints.js';
import { afterUnsendableSeconds, giveBack } from './give-back.js';
import { NearRetries } from './near-retries.js';
import { OwnClaims, type OwnLeases } from './own-claims.js';
import { mostHeld, PlannedStarts, type Startable } from './planned-starts.js';
import { type SendParts, sendClaimed } from './send-claimed.js';
import { Slots } from './slots.js';

/** What a drain works with. */
export interface DrainParts extends SendParts {
  readonly endpoints: Endpoints;
  readonly alarms: Alarms;
  /** The number that claims are made under. */
  readonly worker: number;
}

const lingerMs = 5_000;
const afterFailureMs = 500;

/** Takes what is due and sends it until nothing is: one worker's, running once at a time. What its process publishes may go straight in. */
export class Drain implements Admission {
  readonly #parts: DrainParts;
  readonly #windows = new EndpointWindows();
  readonly #claims = new OwnClaims();
  readonly #slots = new Slots();
  /** Whether the last claim took as much as there was room for. */
  #isCutShort = false;
  #afterSubscription = zeroUuid;
  #isRunning = false;
  #isStopping = false;
  #isWoken = false;
  readonly #retries = new NearRetries();
  readonly #planned = new PlannedStarts();
  readonly #signal = new Signal();
  readonly room = (events: number): Promise<void> => this.#slots.roomFor(events);

  constructor(parts: DrainParts) {
    this.#parts = parts;
  }

  /** One drain; ends when nothing is due, nothing in flight, and nobody has woken it for a while; once stopped, when nothing is in flight. */
  async run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#isWoken = true;
    try {
      let quietSinceMs = Date.now();
      while (!this.#isDone(quietSinceMs)) {
        if (this.#isStopping) await this.#giveBackHeld();
        const claimed = await this.#claimAndSend().catch((error) => this.#claimFailed(error));
        this.#claims.settle('claim');
        if (claimed === undefined) await this.#signalled(quietSinceMs + lingerMs);
        if (claimed || this.#isSending) quietSinceMs = Date.now();
      }
    } finally {
      this.#isRunning = false;
    }
  }

  /** Tells a running drain that something is due; false where none is running. */
  wake(): boolean {
    if (!this.#isRunning) return false;
    this.#isWoken = true;
    this.#signal.fire();
    return true;
  }

  admit(subscriptionId: string): Admitted['place'] | undefined {
    if (this.#isStopping || this.#slots.left <= 0) return undefined;
    if (!this.#windows.isOpen(subscriptionId)) return undefined;
    this.#enter(subscriptionId);
    return { worker: this.#parts.worker, attemptId: this.#claims.ask(newUuid(), performance.now()) };
  }

  begin(admitted: readonly Admitted[]): void {
    if (admitted.length === 0) return;
    void this.#sendAll(admitted.map(claimedAtBirth));
  }

  withdraw(subscriptionId: string, { attemptId }: Pick<Admitted['place'], 'attemptId'>): void {
    this.#claims.settle(attemptId);
    this.#end({ subscriptionId }, undefined);
    this.#free();
  }

  /** What is claimed here and not done with. */
  readonly leases = (): OwnLeases => this.#claims.leasesOf(this.#parts.worker, performance.now());

  /** Takes nothing any more; a drain, the running one or the next, ends once what is in flight is on record. */
  stop(): void {
    this.#isStopping = true;
    this.#signal.fire();
  }

  get #isSending(): boolean {
    return this.#slots.inUse + this.#planned.held > 0;
  }

  #isDone(quietSinceMs: number): boolean {
    if (this.#isSending) return false;
    return this.#isStopping || (!this.#mayClaim() && Date.now() >= quietSinceMs + lingerMs);
  }

  #mayClaim(): boolean {
    return (this.#isWoken || this.#slots.hasRefill) && !this.#isStopping && this.#slots.hasRoom;
  }

  /** Waits until something happens, but not beyond the moment given or the next claim that is foreseen. */
  async #signalled(untilMs: number): Promise<void> {
    const claimInMs = this.#planned.nextClaimInMs(performance.now());
    await this.#signal.wait(Math.min(untilMs - Date.now(), this.#retries.nextInMs(Date.now()), claimInMs));
    if (this.#retries.takeDue(Date.now())) this.#isWoken = true;
  }

  /** Claims what may be claimed now, and gives how many that were; undefined where there was nothing to ask for. */
  async #claimAndSend(): Promise<number | undefined> {
    if (this.#isStopping) return undefined;
    const planned = this.#planned.dueClaims(this.#windows, performance.now());
    if (planned.length === 0 && !this.#mayClaim()) return undefined;
    this.#claims.ask('claim', performance.now());
    const count = planned.length === 0 ? 0 : await this.#claimPlanned(planned);
    return this.#mayClaim() ? count + (await this.#claimDue()) : count;
  }

  /** Claims more for subscriptions with a rate, whether or not there is a free slot: others must not make them late. */
  async #claimPlanned(subscriptionIds: readonly string[]): Promise<number> {
    const request = this.#requestOf(mostHeld, mostHeld);
    const claimed = await claimDueOf(this.#parts.database, request, subscriptionIds);
    this.#windows.noteClaim(request, claimed, false);
    return this.#take(claimed, subscriptionIds);
  }

  async #claimDue(): Promise<number> {
    this.#isWoken = false;
    this.#slots.noteClaim();
    const share = claimShare(this.#slots.left, this.#windows.behind);
    const request = this.#requestOf(this.#slots.left, share);
    const claimed = await claimDue(this.#parts.database, request, this.#afterSubscription);
    const beganAtFirst = this.#afterSubscription === zeroUuid;
    const { sawAll, isNextDue } = afterClaim({ ...request, claimed: claimed.length, share, beganAtFirst });
    this.#isCutShort = claimed.length === request.limit;
    this.#windows.noteClaim(request, claimed, sawAll);
    this.#windows.passTurn(request, claimed);
    this.#afterSubscription = (this.#isCutShort && claimed.at(-1)?.subscriptionId) || zeroUuid;
    if (isNextDue) this.#isWoken = true;
    // A full chunk means a backlog: idle workers are called in.
    if (this.#isCutShort) void this.#parts.alarms.set([new Date()]);
    return this.#take(claimed, []);
  }

  #requestOf(limit: number, most: number) {
    const { aheadMs } = this.#planned;
    return { worker: this.#parts.worker, limit, ...this.#windows.rooms(most), aheadMs };
  }

  async #take(claimed: readonly ClaimedDelivery[], asked: readonly string[]): Promise<number> {
    this.#planned.noteClaim(claimed, asked, performance.now());
    for (const { subscriptionId } of claimed) this.#enter(subscriptionId);
    await this.#sendAll(claimed);
    return claimed.length;
  }

  /** Sends what has its places already; what cannot be sent to is given back. Never rejects. */
  async #sendAll(claimed: readonly ClaimedDelivery[]): Promise<void> {
    this.#claims.hold(claimed);
    const known = await this.#endpointsOf(claimed);
    const unsendable = claimed.filter((delivery) => {
      const endpoint = known.get(delivery.subscriptionId);
      if (endpoint) this.#begin(delivery, endpoint);
      else this.withdraw(delivery.subscriptionId, delivery);
      return endpoint === undefined;
    });
    await giveBack(this.#parts, unsendable, afterUnsendableSeconds);
    this.#claims.release(unsendable);
  }

  /** What is claimed is ours for as long as the lease lasts, so this is tried again where PostgreSQL went away meanwhile. */
  async #endpointsOf(claimed: readonly ClaimedDelivery[]): Promise<Map<string, Endpoint>> {
    const wanted = new Map(claimed.map((one) => [one.subscriptionId, one.subscriptionRevision]));
    for (;;) {
      try {
        return await this.#parts.endpoints.load(wanted);
      } catch (error) {
        await this.#claimFailed(error);
        if (this.#isStopping) return new Map();
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

  /** What is held until the subscription's rate has a place for it takes no slot. */
  #begin(delivery: ClaimedDelivery, endpoint: Endpoint): void {
    if (!delivery.start) return void this.#send(delivery, endpoint);
    this.#slots.end(false);
    this.#slots.free();
    this.#planned.hold(delivery, delivery.start.atMs, () => {
      this.#slots.take();
      void this.#send(delivery, endpoint);
    });
  }

  /** Their attempts have not begun, and another worker can make them. */
  async #giveBackHeld(): Promise<void> {
    const held = this.#planned.takeHeld();
    for (const { subscriptionId } of held) this.#windows.leave(subscriptionId, undefined);
    await giveBack(this.#parts, held, 0);
    this.#claims.release(held);
  }

  async #send(delivery: ClaimedDelivery, endpoint: Endpoint): Promise<void> {
    const verdict = await sendClaimed(this.#parts, delivery, endpoint, (how) => this.#end(delivery, how));
    this.#claims.release([delivery]);
    if (verdict?.status === 'RETRYING') this.#retries.expect(verdict.nextAttemptAtMs, Date.now());
    this.#free();
    // Sent from birth, this one needed no drain; what comes next may have to be claimed. Only now, since setting an alarm takes milliseconds.
    if (!this.#isRunning) void this.#parts.alarms.set([new Date()]);
  }

  #enter(subscriptionId: string): void {
    this.#slots.take();
    this.#windows.enter(subscriptionId);
  }

  #end({ subscriptionId: id, start }: Startable, result: AttemptResult | undefined): void {
    this.#windows.leave(id, result);
    // Where there is a rate, room is no reason to claim: it is foreseen when there will be more.
    this.#slots.end(!start && (this.#isCutShort || this.#windows.isBehind(id)));
    if (this.#slots.hasRefill) this.#signal.fire();
  }

  #free(): void {
    this.#slots.free();
    if (this.#slots.hasRefill || this.#slots.inUse === 0) this.#signal.fire();
  }
}
