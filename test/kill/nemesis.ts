import { setTimeout as pause } from 'node:timers/promises';
import type { Journal } from './history.js';
import type { Fault, PlannedFault } from './schedule.js';
import type { Stage } from './stage.js';
import type { KillTendril } from './tendrils.js';

/** How the nemesis goes about it. */
export interface NemesisOptions {
  readonly faults: readonly PlannedFault[];
  readonly journal: Journal;
  /** Whether a paused worker's leases are left to run out by themselves, which takes two minutes. */
  readonly waitsForLeases: boolean;
  /** Told of each fault when it is over. */
  tell(fromMs: number, what: string): void;
}

interface Doing extends PlannedFault {
  readonly stage: Stage;
  readonly waitsForLeases: boolean;
  /** Lets the fault last, as long as planned unless told otherwise; then it is to be mended. */
  hold(ms?: number): Promise<void>;
}

const leaseMs = 60_000;

/** Brings about one fault after the other, and mends each before the next. */
export async function unleash(stage: Stage, options: NemesisOptions): Promise<void> {
  const { faults, journal, waitsForLeases, tell } = options;
  for (const planned of faults) {
    const fromMs = Date.now();
    let mendingMs: number | undefined;
    const hold = async (ms = planned.holdMs) => {
      await pause(ms);
      mendingMs = Date.now();
    };
    const what = await deeds[planned.fault]({ ...planned, stage, waitsForLeases, hold });
    const toMs = Date.now();
    const { fault } = planned;
    const hitsSender = fault !== 'kill-api' || stage.apis[0].role === 'all';
    journal.write({ kind: 'fault', fault, hitsSender, fromMs, mendingMs: mendingMs ?? toMs, toMs, what });
    tell(fromMs, what);
    await pause(planned.restMs);
  }
}

const deeds: Readonly<Record<Fault, (doing: Doing) => Promise<string>>> = {
  'kill-api': (doing) => end(doing, [doing.stage.apis[doing.target]], 'SIGKILL'),
  'kill-worker': (doing) => end(doing, [doing.stage.workers[doing.target]], 'SIGKILL'),
  'kill-workers': (doing) => end(doing, doing.stage.workers, 'SIGKILL'),
  'stop-api': (doing) => end(doing, [doing.stage.apis[doing.target]], 'SIGTERM'),
  'stop-worker': (doing) => end(doing, [doing.stage.workers[doing.target]], 'SIGTERM'),

  async 'pause-worker'({ stage, target, holdMs, waitsForLeases, hold }) {
    const worker = stage.workers[target];
    await worker.signal('SIGSTOP');
    if (waitsForLeases) {
      await hold(2 * leaseMs);
      await worker.signal('SIGCONT');
      return `SIGSTOP ${worker.name}, SIGCONT after ${(2 * leaseMs) / 1000} s`;
    }
    await pause(holdMs / 2);
    // Instead of waiting until they run out: the rows say when that is, and nobody else knows.
    const { rowCount } = await stage.database.query(
      "UPDATE delivery SET lease_until = now() WHERE status = 'SENDING' AND leased_by = $1",
      [stage.workerNumbers.get(worker.name)],
    );
    await hold(holdMs / 2);
    await worker.signal('SIGCONT');
    return `SIGSTOP ${worker.name}, its ${rowCount} leases run out, SIGCONT after ${seconds(holdMs)}`;
  },

  async 'crash-postgres'({ stage, holdMs, hold }) {
    // What `pg_ctl stop -m immediate` sends.
    await stage.postgres.crash('SIGQUIT');
    await hold();
    await stage.postgres.restart();
    return `PostgreSQL stopped at once, started again after ${seconds(holdMs)}`;
  },

  async 'freeze-postgres'({ stage, holdMs, hold }) {
    await stage.postgres.freeze('SIGSTOP');
    await hold();
    await stage.postgres.freeze('SIGCONT');
    return `SIGSTOP PostgreSQL, SIGCONT after ${seconds(holdMs)}`;
  },

  async 'crash-mongod'({ stage, holdMs, hold }) {
    await stage.mongo.crash('SIGKILL');
    await hold();
    await stage.mongo.restart();
    return `SIGKILL mongod, started again after ${seconds(holdMs)}`;
  },

  async 'drop-jobs'({ stage }) {
    await stage.dropJobs();
    return "Agenda's collection dropped";
  },

  async 'fill-disk'({ stage, holdMs, hold }) {
    if (!stage.disk) return 'the disk is not filled: mounting one is not permitted';
    await stage.disk.fill();
    await hold();
    const [postgres, mongod] = await Promise.all([stage.postgres.isRunning(), stage.mongo.isRunning()]);
    await stage.disk.empty();
    await Promise.all([stage.postgres.restart(), stage.mongo.restart()]);
    const fate = (lived: boolean) => (lived ? 'lived through it' : 'ended, and was started again');
    return `disk full for ${seconds(holdMs)}: PostgreSQL ${fate(postgres)}, mongod ${fate(mongod)}`;
  },

  // One of each kind after the other, and the two of the next version at once: one brings the tables up to date, under the load of
  // those that still run, and the other waits for it.
  async upgrade({ stage, hold }) {
    let waited = 0;
    for (const target of [0, 1] as const) {
      const pair = [stage.apis[target], stage.workers[target]];
      await Promise.all(pair.map((one) => one.signal('SIGTERM')));
      for (const one of pair) one.become(stage.nextVersion);
      await Promise.all(pair.map((one) => one.start()));
      waited += pair.filter((one) => one.hasSaid('waiting for another process')).length;
      await hold();
    }
    return `upgraded, one API process and worker after the other; ${waited} waited for the tables to be brought up to date`;
  },
};

async function end(
  { stage, holdMs, hold }: Doing,
  tendrils: readonly KillTendril[],
  signal: NodeJS.Signals,
): Promise<string> {
  await Promise.all(tendrils.map((one) => one.signal(signal)));
  await hold();
  await stage.start(tendrils);
  return `${signal} ${tendrils.map(({ name }) => name).join(' and ')}, started again after ${seconds(holdMs)}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
