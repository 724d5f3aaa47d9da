import type { AgendaSenderCalls } from './agenda-sender.js';
import type { BareSenderCalls } from './bare-sender.js';
import type { FleetKeeperCalls } from './fleet-keeper.js';
import { type Calls, type OwnProcess, startProcess } from './own-process.js';
import { prepareTendril } from './prepare-tendril.js';
import type { PublisherCalls } from './publisher.js';
import type { ReceiverCalls } from './receiver.js';
import type { StreamHolderCalls } from './stream-holder.js';
import type { KeptTendril, TendrilKeeperCalls } from './tendril-keeper.js';

/** Tendril as a benchmark meets it: one subscription, to `heardType`, whose endpoint is the receiver. */
export interface TendrilOnStage extends KeptTendril {
  /** CPU time of all its processes so far, in milliseconds; undefined where the system does not tell. */
  cpuMs(): Promise<number | undefined>;
  /** The most memory that its own process has had resident so far; undefined where the system does not tell. */
  peakMemoryMb(): Promise<number | undefined>;
  /** Adds a workspace; gives an ADMIN key to it. */
  addWorkspace(name: string): Promise<string>;
}

/** The processes of a run. Each is started when the first benchmark asks for it and serves those after it too. */
export class Stage {
  /** Deliveries a second by what made them, for figures that compare. */
  readonly rates = new Map<string, number>();
  readonly #nodeOptions: readonly string[];
  readonly #running = new Map<string, OwnProcess<Calls>>();
  /** Of those Tendrils that have been stopped. */
  readonly #complaints: string[] = [];
  #tendril: Promise<TendrilOnStage> | undefined;

  /** `seconds`: how long each measurement takes. `backlog`: how large it is. `nodeOptions`: for Tendril's process. */
  constructor(
    readonly seconds: number,
    readonly backlog: number,
    /** How many deliveries the log of the benchmark of that name has. */
    readonly logRows: number,
    nodeOptions: readonly string[],
  ) {
    this.#nodeOptions = nodeOptions;
  }

  get receiver(): OwnProcess<ReceiverCalls> {
    return this.#process('receiver');
  }

  get publisher(): OwnProcess<PublisherCalls> {
    return this.#process('publisher');
  }

  get bareSender(): OwnProcess<BareSenderCalls> {
    return this.#process('bare-sender');
  }

  get agendaSender(): OwnProcess<AgendaSenderCalls> {
    return this.#process('agenda-sender');
  }

  /** A second one, where one process cannot ask two. */
  get otherPublisher(): OwnProcess<PublisherCalls> {
    return this.#process('publisher', 'other-publisher');
  }

  get streamHolder(): OwnProcess<StreamHolderCalls> {
    return this.#process('stream-holder');
  }

  get fleetKeeper(): OwnProcess<FleetKeeperCalls> {
    return this.#process('fleet-keeper');
  }

  get #keeper(): OwnProcess<TendrilKeeperCalls> {
    return this.#process('tendril-keeper');
  }

  tendril(): Promise<TendrilOnStage> {
    this.#tendril ??= this.#startTendril();
    return this.#tendril;
  }

  /** What Tendril has logged as a warning or an error. */
  async complaints(): Promise<readonly string[]> {
    const present = this.#tendril ? await this.#keeper.call('complaints', undefined) : [];
    return [...this.#complaints, ...present];
  }

  /** A Tendril on empty stores of its own, which has not done anything yet. */
  async freshTendril(): Promise<TendrilOnStage> {
    await this.stopTendril();
    return this.tendril();
  }

  /** Stops Tendril, so that what comes next has the machine to itself. */
  async stopTendril(): Promise<void> {
    if (!this.#tendril) return;
    this.#complaints.push(...(await this.#keeper.call('complaints', undefined)));
    this.#tendril = undefined;
    await this.#end('tendril-keeper');
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((file) => this.#end(file)));
  }

  async #startTendril(): Promise<TendrilOnStage> {
    const endpointUrl = await this.receiver.call('url', undefined);
    const running = await this.#keeper.call('start', { nodeOptions: this.#nodeOptions });
    await prepareTendril(running, endpointUrl);
    return {
      ...running,
      cpuMs: () => this.#keeper.call('cpuMs', undefined),
      peakMemoryMb: () => this.#keeper.call('peakMemoryMb', undefined),
      addWorkspace: (name) => this.#keeper.call('addWorkspace', { name }),
    };
  }

  #process<C extends Calls>(file: string, name = file): OwnProcess<C> {
    const running = this.#running.get(name) ?? startProcess<Calls>(file);
    this.#running.set(name, running);
    return running as unknown as OwnProcess<C>;
  }

  async #end(file: string): Promise<void> {
    const running = this.#running.get(file);
    this.#running.delete(file);
    await running?.stop();
  }
}
