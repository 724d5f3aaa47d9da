import { describe, expect, test } from 'vitest';
import { check } from './checker.js';
import type { FinalDelivery, FinalState, FinalSubscription } from './final-state.js';
import type { Entry, EntryOf } from './history.js';
import { type PlannedEndpoint, scheduleOf } from './schedule.js';

// A checker that has never found anything may be blind. So each promise is broken here on purpose.

const planned = { timeoutSeconds: 2, scheduleSeconds: [1], firstMode: 'ok', modes: [] } as const;
const endpoints: readonly PlannedEndpoint[] = [
  { ...planned, name: 'steady', promise: 'delivered' },
  { ...planned, name: 'failing', promise: 'failed' },
  { ...planned, name: 'going', promise: 'gone' },
];

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A run whose parts can be changed. */
interface Run {
  readonly entries: Entry[];
  readonly events: FinalState['events'][number][];
  readonly deliveries: Writable<FinalDelivery>[];
  readonly subscriptions: Writable<FinalSubscription>[];
  readonly managed: Writable<FinalState['managed'][number]>[];
}

/** Three events, to three endpoints; a worker is killed after it has sent evt_1 to `steady`, before that is on record. */
function flawlessRun(): Run {
  const run: Run = { entries: [], events: [], deliveries: [], subscriptions: [], managed: [] };
  publish(run, 'evt_1', 9_900);
  run.entries.push(
    {
      kind: 'fault',
      fault: 'kill-worker',
      hitsSender: true,
      fromMs: 10_000,
      mendingMs: 10_500,
      toMs: 11_000,
      what: 'SIGKILL worker-1',
    },
    { kind: 'ended', atMs: 10_000, process: 'worker-1', asked: 'SIGKILL', how: 'SIGKILL', tookMs: 1 },
    ...arrival('steady', 'evt_1', 12_500, true),
    { kind: 'sampled', atMs: 12_000, oldestSendingMs: 2_050 },
    {
      kind: 'fault',
      fault: 'crash-mongod',
      hitsSender: true,
      fromMs: 20_000,
      mendingMs: 23_500,
      toMs: 24_000,
      what: 'SIGKILL mongod',
    },
  );
  attemptsOf(run, 'steady', ['INTERRUPTED', 'SUCCEEDED']);
  publish(run, 'evt_2', 22_000);
  publish(run, 'evt_3', 30_000);
  run.entries.push(
    { kind: 'resent', atMs: 33_000, endpoint: 'steady', eventId: 'evt_3', answer: 'accepted' },
    ...arrival('steady', 'evt_3', 33_050, true),
    managed(34_000, 'create', 'made', 'accepted'),
    managed(35_000, 'describe', 'changed', 'accepted'),
    managed(36_000, 'describe', 'perhaps', 'none'),
    { ...managed(36_500, 'create', 'unheard of', 'none'), id: null },
    { kind: 'mended', atMs: 37_000 },
    managed(37_500, 'describe', 'last', 'accepted'),
    { kind: 'settled', atMs: 39_000 },
    { kind: 'ended', atMs: 40_000, process: 'worker-1', asked: 'SIGTERM', how: 0, tookMs: 300 },
  );
  deliveryOf(run, 'steady', 'evt_3').attempts = [attempt(1, 'SUCCEEDED'), attempt(2, 'SUCCEEDED', 'RESEND')];
  deliveryOf(run, 'steady', 'evt_3').attemptCount = 2;
  run.managed.push({ id: 'wsub_1', description: 'last' }, { id: 'wsub_2', description: 'unheard of' });
  run.subscriptions.push(
    subscription('steady', { deliveryCount: 3, failuresInARow: 0 }),
    subscription('failing', { failureCount: 3, failuresInARow: 3, lastDeliveryMs: 110 }),
    subscription('going', { deliveryCount: 2, failureCount: 1, status: 'DISABLED', disabledReason: 'GONE' }),
  );
  return run;
}

function managed(
  atMs: number,
  change: EntryOf<'managed'>['change'],
  description: string | null,
  answer: EntryOf<'managed'>['answer'],
): EntryOf<'managed'> {
  return { kind: 'managed', atMs, startedMs: atMs - 10, change, id: 'wsub_1', description, answer, why: '' };
}

let requests = 0;

function arrival(endpoint: string, webhookId: string, atMs: number, isTaken: boolean): Entry[] {
  requests += 1;
  const body = `{"type":"payout.paid","data":${payloadOf(webhookId)}}`;
  const arrived: Entry = { kind: 'arrived', atMs, request: requests, endpoint, webhookId, body };
  return isTaken ? [arrived, { kind: 'answered', atMs: atMs + 5, request: requests }] : [arrived];
}

function payloadOf(eventId: string): string {
  return `{"n":"${eventId}"}`;
}

/** Publishes an event that each endpoint gets once; evt_1 makes `going` go. */
function publish({ entries, events, deliveries }: Run, eventId: string, atMs: number): void {
  const payload = payloadOf(eventId);
  const key = `key of ${eventId}`;
  entries.push(
    { kind: 'acknowledged', atMs, startedMs: atMs - 10, eventId, key, payload },
    ...arrival('steady', eventId, atMs + 50, true),
    ...arrival('failing', eventId, atMs + 50, false),
    ...arrival('going', eventId, atMs + 50, eventId !== 'evt_1'),
  );
  events.push({ id: eventId, key, payload });
  const base = { eventId, failureReason: null, attemptCount: 1 };
  const goes = eventId === 'evt_1';
  deliveries.push(
    {
      ...base,
      id: `${eventId}-1`,
      endpoint: 'steady',
      status: 'DELIVERED',
      attempts: [attempt(1, 'SUCCEEDED')],
    },
    {
      ...base,
      id: `${eventId}-2`,
      endpoint: 'failing',
      status: 'FAILED',
      failureReason: 'RETRIES_EXHAUSTED',
      attempts: [attempt(1, 'REJECTED')],
    },
    {
      ...base,
      id: `${eventId}-3`,
      endpoint: 'going',
      status: goes ? 'FAILED' : 'DELIVERED',
      failureReason: goes ? 'ENDPOINT_GONE' : null,
      attempts: [attempt(1, goes ? 'REJECTED' : 'SUCCEEDED')],
    },
  );
}

function attempt(number: number, outcome: string, trigger = 'SCHEDULE') {
  return { number, outcome, trigger, startedMs: number * 100, endedMs: number * 100 + 10 };
}

/** Gives the delivery of evt_1 to an endpoint these attempts. */
function attemptsOf(run: Run, endpoint: string, outcomes: readonly string[]): void {
  const delivery = deliveryOf(run, endpoint, 'evt_1');
  delivery.attempts = outcomes.map((outcome, index) => attempt(index + 1, outcome));
  delivery.attemptCount = outcomes.length;
}

function deliveryOf({ deliveries }: Run, endpoint: string, eventId: string): Writable<FinalDelivery> {
  const found = deliveries.find((one) => one.endpoint === endpoint && one.eventId === eventId);
  if (!found) throw new Error('there is no such delivery');
  return found;
}

function subscription(endpoint: string, given: Partial<FinalSubscription>): Writable<FinalSubscription> {
  const none = { deliveryCount: 0, failureCount: 0, failuresInARow: 0 };
  const lastDeliveryMs = endpoint === 'steady' ? 210 : 110;
  return { endpoint, status: 'ACTIVE', disabledReason: null, lastDeliveryMs, ...none, ...given };
}

function violated({ entries, ...final }: Run): string[] {
  return check(entries, final, endpoints)
    .filter(({ violations }) => violations.length > 0)
    .map(({ check }) => check);
}

function entryOf<Kind extends Entry['kind']>(
  { entries }: Run,
  kind: Kind,
  index = 0,
): Writable<EntryOf<Kind>> {
  const found = entries.filter((entry): entry is EntryOf<Kind> => entry.kind === kind)[index];
  if (!found) throw new Error('there is no such entry');
  return found;
}

test('a run that keeps every promise passes, duplicates of a kill and resends included', () => {
  expect(violated(flawlessRun())).toEqual([]);
});

test('a request that the server gave up on may be read and taken a while later, but not much later', () => {
  const run = flawlessRun();
  attemptsOf(run, 'going', ['TIMED_OUT', 'REJECTED']);
  run.entries.push(...arrival('going', 'evt_1', 4_000, true), ...arrival('going', 'evt_1', 7_000, true));
  expect(violated(run).join()).not.toContain('duplicates');
  const muchLater = flawlessRun();
  attemptsOf(muchLater, 'going', ['TIMED_OUT', 'REJECTED']);
  muchLater.entries.push(
    ...arrival('going', 'evt_1', 14_000, true),
    ...arrival('going', 'evt_1', 17_000, true),
  );
  expect(violated(muchLater).join()).toContain('duplicates');
});

describe('the checker finds', () => {
  const plants: Record<string, [plant: (run: Run) => void, ...checks: string[]]> = {
    'an acknowledged event that never came': [
      (run) => {
        const isPlanted = (one: Entry) =>
          one.kind === 'arrived' && one.endpoint === 'steady' && one.webhookId === 'evt_2';
        run.entries.splice(run.entries.findIndex(isPlanted), 2);
      },
      'every acknowledged',
    ],
    'an acknowledged event without a delivery': [
      (run) => run.deliveries.splice(run.deliveries.indexOf(deliveryOf(run, 'going', 'evt_3')), 1),
      'every acknowledged',
      'counters',
    ],
    'an acknowledged event that is not stored': [(run) => run.events.pop(), 'what is stored', 'bodies'],
    'an idempotency key with two events': [
      (run) => run.events.push({ id: 'evt_4', key: 'key of evt_1', payload: payloadOf('evt_1') }),
      'what is stored',
    ],
    'an event that nobody published': [
      (run) => run.events.push({ id: 'evt_4', key: null, payload: '{"n":"evt_4"}' }),
      'what is stored',
    ],
    'a delivery that never comes to its end': [
      (run) => Object.assign(deliveryOf(run, 'steady', 'evt_2'), { status: 'SENDING' }),
      'every delivery',
      'counters',
    ],
    'a resend that was accepted and not made': [
      (run) => Object.assign(entryOf(run, 'resent'), { eventId: 'evt_1' }),
      'every delivery',
      'duplicates',
    ],
    'a duplicate that no fault explains': [
      (run) => run.entries.push(...arrival('steady', 'evt_2', 26_000, true)),
      'duplicates',
    ],
    'more duplicates than one kill can have brought about': [
      (run) => run.entries.push(...arrival('steady', 'evt_1', 9_960, true)),
      'duplicates',
    ],
    'a gap in the numbers of the attempts': [
      (run) => Object.assign(deliveryOf(run, 'steady', 'evt_1'), { attempts: [attempt(2, 'SUCCEEDED')] }),
      'attempts',
    ],
    'two attempts of one number': [
      (run) => {
        const delivery = deliveryOf(run, 'steady', 'evt_1');
        delivery.attempts = [attempt(1, 'INTERRUPTED'), attempt(1, 'SUCCEEDED'), attempt(2, 'SUCCEEDED')];
      },
      'attempts',
    ],
    'a body that has changed by the second time': [
      (run) => Object.assign(entryOf(run, 'arrived', 3), { body: `{ "data":${payloadOf('evt_1')}}` }),
      'bodies',
    ],
    'a payload that is not the one published': [
      (run) => Object.assign(entryOf(run, 'arrived', 5), { body: '{"data":{"n": "evt_2"}}' }),
      'bodies',
    ],
    'a counter that is off by one': [
      (run) => Object.assign(run.subscriptions[0] ?? {}, { deliveryCount: 4 }),
      'counters',
    ],
    'a moment of the last delivery that is another': [
      (run) => Object.assign(run.subscriptions[0] ?? {}, { lastDeliveryMs: 110 }),
      'counters',
    ],
    'a failure that was counted twice': [
      (run) => Object.assign(run.subscriptions[1] ?? {}, { failuresInARow: 4 }),
      'counters',
    ],
    'a subscription that answered 410 and is ACTIVE': [
      (run) => Object.assign(run.subscriptions[2] ?? {}, { status: 'ACTIVE', disabledReason: null }),
      'who is gone',
    ],
    'a delivery that was SENDING for too long': [
      (run) => run.entries.push({ kind: 'sampled', atMs: 39_000, oldestSendingMs: 66_000 }),
      'nothing is SENDING',
    ],
    'publishes that are slow while MongoDB is away': [
      (run) => Object.assign(entryOf(run, 'acknowledged', 1), { startedMs: 21_700 }),
      'publishes go on',
    ],
    'publishes that fail while MongoDB is away': [
      (run) =>
        run.entries.push({ kind: 'unanswered', atMs: 22_010, startedMs: 22_000, payloads: [], why: 'away' }),
      'publishes go on',
    ],
    'deliveries that do not go on after a kill': [
      (run) => {
        run.entries.splice(run.entries.indexOf(entryOf(run, 'answered')), 1);
        Object.assign(entryOf(run, 'arrived', 3), { atMs: 20_100 });
        Object.assign(entryOf(run, 'answered', 0), { atMs: 20_105 });
      },
      'after SIGKILL',
    ],
    'a process that ended by itself': [
      (run) => run.entries.push({ kind: 'ended', atMs: 1, process: 'api-1', asked: null, how: 1, tookMs: 0 }),
      'SIGTERM',
    ],
    'a change of a subscription that was accepted and is lost': [
      (run) => Object.assign(run.managed[0] ?? {}, { description: 'changed' }),
      'changes of subscriptions',
    ],
    'a subscription that was created and is gone': [
      (run) => void run.managed.splice(0),
      'changes of subscriptions',
    ],
    'a subscription that was deleted and is there': [
      (run) => void run.entries.push(managed(37_600, 'delete', null, 'accepted')),
      'changes of subscriptions',
    ],
    'a subscription that was created twice': [
      (run) => void run.managed.push({ id: 'wsub_3', description: 'unheard of' }),
      'changes of subscriptions',
    ],
    'changes of which none was accepted': [
      (run) => {
        for (const entry of run.entries) if (entry.kind === 'managed') entry.answer = 'none';
        run.entries.splice(run.entries.indexOf(entryOf(run, 'mended')), 1);
      },
      'changes of subscriptions',
    ],
    'a change that was refused': [
      (run) => void run.entries.push(managed(30_000, 'describe', 'refused', 'refused')),
      'changes of subscriptions',
    ],
    'a change without an answer once all is mended': [
      (run) => void run.entries.push(managed(37_600, 'describe', 'unheard', 'none')),
      'changes of subscriptions',
    ],
    'a process that is idle and ends late': [
      (run) => Object.assign(entryOf(run, 'ended', 1), { tookMs: 15_000 }),
      'SIGTERM',
    ],
    'a process that did not heed SIGTERM in time': [
      (run) => Object.assign(entryOf(run, 'ended', 1), { tookMs: 21_000 }),
      'SIGTERM',
    ],
  };

  test.each(Object.entries(plants))('%s', (_what, [plant, ...expected]) => {
    const run = flawlessRun();
    plant(run);
    const found = violated(run);
    expect(found).toEqual(expected.map((start) => expect.stringMatching(`^${start}`)));
  });
});

test('a seed makes the same schedule each time, with a killed worker and a crash of either store', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const schedule = scheduleOf(seed);
    expect(scheduleOf(seed)).toEqual(schedule);
    const faults = schedule.faults.map(({ fault }) => fault);
    expect(faults).toEqual(expect.arrayContaining(['crash-postgres', 'crash-mongod']));
    expect(faults.some((fault) => fault.startsWith('kill-worker'))).toBe(true);
  }
});
