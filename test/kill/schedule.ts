import { type Dice, diceOf } from './dice.js';
import type { Mode } from './history.js';

/** What the nemesis can do to the servers and their stores. */
export type Fault =
  | 'kill-api'
  | 'kill-worker'
  | 'kill-workers'
  | 'stop-api'
  | 'stop-worker'
  | 'pause-worker'
  | 'crash-postgres'
  | 'freeze-postgres'
  | 'crash-mongod'
  | 'drop-jobs'
  | 'fill-disk'
  | 'upgrade';

/** One fault: how long it lasts, and how long it is quiet afterwards. */
export interface PlannedFault {
  readonly fault: Fault;
  /** Which of the processes of its kind. */
  readonly target: 0 | 1;
  readonly holdMs: number;
  readonly restMs: number;
}

/** An endpoint, and how it behaves from when on, counted from the first fault. */
export interface PlannedEndpoint {
  readonly name: string;
  readonly timeoutSeconds: number;
  readonly scheduleSeconds: readonly number[];
  readonly modes: readonly { readonly atMs: number; readonly mode: Mode }[];
  /** How it behaves until then. */
  readonly firstMode: Mode;
  /** What must become of what it is sent. */
  readonly promise: 'delivered' | 'failed' | 'gone';
}

/** All that a run does, made from its seed. */
export interface Schedule {
  readonly replicaSet: boolean;
  /** How many publish, each waiting for its answers, and how many change subscriptions. */
  readonly publishers: number;
  /** How long all is well at first. */
  readonly calmMs: number;
  /** Whether the API processes send too: then a delivery may be stored as claimed by the one that stores it. */
  readonly apisSend: boolean;
  readonly faults: readonly PlannedFault[];
  readonly endpoints: readonly PlannedEndpoint[];
}

// Often enough that it all comes to its end soon, and for longer than a run takes.
const often = [1, 2, ...Array.from({ length: 58 }, () => 3)];
const troubles: readonly Mode[] = ['error', 'hang', 'reset', 'drip', 'cut', 'refuse', 'late', 'ok'];
// How long each lasts: long enough for what it is to bring about, the job store's long enough for a percentile of publishes.
const holds: Readonly<Record<Fault, readonly [number, number]>> = {
  'kill-api': [100, 1_000],
  'kill-worker': [100, 2_000],
  'kill-workers': [100, 1_500],
  'stop-api': [0, 500],
  'stop-worker': [0, 500],
  'pause-worker': [4_000, 6_000],
  'crash-postgres': [200, 2_500],
  // Up to longer than its silence is put up with.
  'freeze-postgres': [1_000, 24_000],
  'crash-mongod': [3_000, 4_000],
  'drop-jobs': [0, 0],
  'fill-disk': [2_500, 4_000],
  upgrade: [500, 1_500],
};
const others: readonly Fault[] = [
  'kill-api',
  'kill-workers',
  'stop-api',
  'stop-worker',
  'pause-worker',
  'drop-jobs',
  'crash-postgres',
  'fill-disk',
  'freeze-postgres',
];

/** Makes the schedule of a seed: a killed worker and a crash of either store each time, and one fault more. */
export function scheduleOf(seed: number): Schedule {
  const dice = diceOf(seed);
  const always: readonly Fault[] = [
    dice.pick(['kill-worker', 'kill-workers']),
    'crash-postgres',
    'crash-mongod',
  ];
  const chosen = dice.shuffle([...always, dice.pick(others)]);
  return {
    replicaSet: dice.pick([true, false]),
    publishers: 4,
    calmMs: 2_500,
    faults: chosen.map((fault) => ({
      fault,
      target: dice.pick([0, 1]),
      holdMs: dice.between(...holds[fault]),
      restMs: dice.between(200, 1_500),
    })),
    endpoints: [
      recovering('steady', 15),
      { ...recovering('late', 15), firstMode: 'late' },
      ...[1, 2, 3].map((n) => ({ ...recovering(`troubled-${n}`, 2), modes: troublesOf(dice) })),
      { ...recovering('failing', 15), scheduleSeconds: [1], firstMode: 'error', promise: 'failed' },
      {
        ...recovering('going', 15),
        modes: [{ atMs: dice.between(2_000, 15_000), mode: 'gone' }],
        promise: 'gone',
      },
    ],
    apisSend: dice.pick([true, false]),
  };
}

/** The same endpoints and processes, and nothing done to them but an upgrade. */
export function upgradeScheduleOf(seed: number): Schedule {
  const [holdMs, restMs] = [diceOf(seed).between(...holds.upgrade), 1_000];
  return { ...scheduleOf(seed), faults: [{ fault: 'upgrade', target: 0, holdMs, restMs }] };
}

/** The first three of the faults, less time before them, and half the load: for those who are in a hurry. */
export function inBrief({ faults, ...schedule }: Schedule): Schedule {
  return { ...schedule, publishers: 2, calmMs: 1_000, faults: faults.slice(0, 3) };
}

function recovering(name: string, timeoutSeconds: number): PlannedEndpoint {
  const promise = 'delivered';
  return { name, timeoutSeconds, scheduleSeconds: often, firstMode: 'ok', modes: [], promise };
}

function troublesOf(dice: Dice): { atMs: number; mode: Mode }[] {
  const modes: { atMs: number; mode: Mode }[] = [];
  for (let atMs = dice.between(0, 2_000); atMs < 30_000; atMs += dice.between(1_500, 4_000))
    modes.push({ atMs, mode: dice.pick(troubles) });
  return modes;
}
