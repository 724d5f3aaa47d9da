import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../support/eventually.js';
import { type Asked, askGraphql } from './ask-graphql.js';
import { check } from './checker.js';
import { diceOf } from './dice.js';
import { readFinalState } from './final-state.js';
import { type Journal, openJournal } from './history.js';
import { startManagers } from './manager.js';
import { unleash } from './nemesis.js';
import { publishedType, startPublishers } from './publisher.js';
import { type KillReceiver, openReceiver } from './receivers.js';
import type { Finding } from './record.js';
import { startResender } from './resender.js';
import type { PlannedEndpoint, Schedule } from './schedule.js';
import { type Stage, setStage, type Upgrade } from './stage.js';

/** What a run is told. */
export interface RunOptions {
  readonly seed: number;
  /** Whether a paused worker's leases are left to run out by themselves, which takes two minutes. */
  readonly waitsForLeases: boolean;
  readonly schedule: Schedule;
  /** Where the schedule has an upgrade: from what to what. */
  readonly upgrade?: Upgrade | undefined;
  tell(line: string): void;
  /** Ends the run before its time, and everything that it has started. */
  readonly ending?: AbortSignal;
}

/** What came of a run. */
export interface RunResult {
  readonly findings: readonly Finding[];
  /** Where the journal and the logs are; undefined where nothing was found and they are gone. */
  readonly folder: string | undefined;
}

const sampleEveryMs = 250;
const stallEveryMs = 20;
const stallMs = 50;
// A lease may have to run out, and then the sweep must come by.
const settledWithinMs = 75_000;

/** Starts everything, lets the nemesis loose upon it, heals it, and holds what happened to what is promised. */
export async function runKillTest({ tell, ending, ...options }: RunOptions): Promise<RunResult> {
  const folder = await mkdtemp(join(tmpdir(), `tendril-kill-${options.seed}-`));
  const journal = openJournal(join(folder, 'journal.jsonl'));
  const startedMs = Date.now();
  const tellAt = (fromMs: number, what: string) =>
    tell(`  ${((fromMs - startedMs) / 1000).toFixed(1).padStart(5)} s  ${what}`);
  const findings = await perform({ ...options, folder, journal, tellAt }, ending).catch(
    (error: unknown): Finding[] => [
      { check: 'the run comes to its end', measured: '', violations: [String(error)] },
    ],
  );
  for (const { check, measured, violations } of findings) {
    tell(`  ${violations.length === 0 ? 'ok' : 'NO'}  ${check}: ${measured}`);
    for (const violation of violations.slice(0, 5)) tell(`        ${violation}`);
    if (violations.length > 5) tell(`        and ${violations.length - 5} more`);
  }
  const isFine = findings.every(({ violations }) => violations.length === 0);
  if (isFine) await rm(folder, { recursive: true, force: true });
  return { findings, folder: isFine ? undefined : folder };
}

interface Performance extends Omit<RunOptions, 'tell' | 'ending'> {
  readonly folder: string;
  readonly journal: Journal;
  tellAt(fromMs: number, what: string): void;
}

async function perform(performance: Performance, signal: AbortSignal | undefined): Promise<Finding[]> {
  await using ending = new AsyncDisposableStack();
  const aborted = new Promise<never>((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('it was ended from outside')));
  });
  // Awaited here: what `ending` holds is taken down when this returns.
  const findings = await Promise.race([aborted, performOn(performance, ending)]);
  return findings;
}

async function performOn(
  { seed, schedule, upgrade, folder, journal, waitsForLeases, tellAt }: Performance,
  ending: AsyncDisposableStack,
): Promise<Finding[]> {
  const stage = await setStage(schedule, folder, journal, ending, upgrade);
  const receivers = await openReceivers(schedule.endpoints, journal, ending);
  await stage.start([...stage.apis, ...stage.workers]);
  const subscriptions = await subscribeAll(stage, schedule.endpoints, receivers);
  ending.defer(watch(stage, journal));

  const dice = diceOf(seed + 1_000_000);
  const publishers = startPublishers(stage.asked, schedule.publishers, dice, journal);
  const stopResending = startResender(stage.asked, subscriptions, dice, journal);
  const stopManaging = startManagers(stage.asked, schedule.publishers, diceOf(seed + 2_000_000), journal);
  await pause(schedule.calmMs);
  const calmDown = misbehave(schedule.endpoints, receivers);
  await unleash(stage, { faults: schedule.faults, journal, waitsForLeases, tell: tellAt });
  tellAt(Date.now(), 'all is mended');
  journal.write({ kind: 'mended', atMs: Date.now() });
  await Promise.all([calmDown(), publishers.stop(), stopResending(), stopManaging()]);
  await settle(stage);
  tellAt(Date.now(), 'all is settled');
  journal.write({ kind: 'settled', atMs: Date.now() });

  const [api] = stage.asked();
  if (!api) throw new Error('no API process is up');
  const final = await readFinalState(stage.database, api, subscriptions);
  await writeFile(join(folder, 'final-state.json'), JSON.stringify(final, null, 1));
  await Promise.all([...stage.apis, ...stage.workers].map((one) => one.signal('SIGTERM')));
  // Without room to write it may end its own processes.
  const crashes = stage.disk ? [] : await stage.postgres.ownCrashes();
  for (const how of crashes)
    journal.write({ kind: 'ended', atMs: Date.now(), process: 'PostgreSQL', asked: null, how, tookMs: 0 });
  return check(journal.entries, final, schedule.endpoints);
}

async function openReceivers(
  endpoints: readonly PlannedEndpoint[],
  journal: Journal,
  ending: AsyncDisposableStack,
): Promise<ReadonlyMap<string, KillReceiver>> {
  const receivers = new Map<string, KillReceiver>();
  for (const { name, firstMode } of endpoints) {
    const receiver = await openReceiver(name, firstMode, journal);
    ending.defer(() => receiver.close());
    receivers.set(name, receiver);
  }
  return receivers;
}

/** Gives the subscriptions' ids by the names of their endpoints. */
async function subscribeAll(
  stage: Stage,
  endpoints: readonly PlannedEndpoint[],
  receivers: ReadonlyMap<string, KillReceiver>,
): Promise<Map<string, string>> {
  const query = `mutation ($input: CreateWebhookSubscriptionInput!) {
    createWebhookSubscription(input: $input) { subscription { id } userErrors { message } }
  }`;
  const ids = new Map<string, string>();
  for (const { name, timeoutSeconds, scheduleSeconds } of endpoints) {
    const input = {
      endpointUrl: receivers.get(name)?.url,
      eventTypes: [publishedType],
      timeoutSeconds,
      retryPolicy: { scheduleSeconds },
    };
    const { createWebhookSubscription: made } = await askGraphql<{
      createWebhookSubscription: { subscription: { id: string } | null; userErrors: unknown };
    }>(stage.asked()[0] as Asked, query, { input });
    if (!made.subscription) throw new Error(JSON.stringify(made.userErrors));
    ids.set(name, made.subscription.id);
  }
  return ids;
}

/** Has each endpoint behave as planned; what it gives back ends that, and whoever can recover does. */
function misbehave(
  endpoints: readonly PlannedEndpoint[],
  receivers: ReadonlyMap<string, KillReceiver>,
): () => Promise<void> {
  const timers = endpoints.flatMap(({ name, modes }) =>
    modes.map(({ atMs, mode }) => setTimeout(() => void receivers.get(name)?.behave(mode), atMs)),
  );
  return async () => {
    for (const timer of timers) clearTimeout(timer);
    const troubled = endpoints.filter(({ name }) => name.startsWith('troubled'));
    await Promise.all(troubled.map(({ name }) => receivers.get(name)?.behave('ok')));
  };
}

/** Looks for the oldest SENDING again and again, and for times at which this process itself was kept waiting. */
function watch({ database }: Stage, journal: Journal): () => Promise<void> {
  let isOver = false;
  let lastMs = Date.now();
  const stalls = setInterval(() => {
    const ms = Date.now() - lastMs - stallEveryMs;
    lastMs = Date.now();
    if (ms > stallMs) journal.write({ kind: 'stalled', atMs: lastMs, ms });
  }, stallEveryMs);
  const samples = (async () => {
    while (!isOver) {
      const rows = await database.query(oldestSending).then(
        (result) => result.rows,
        () => [],
      );
      for (const { ms } of rows) journal.write({ kind: 'sampled', atMs: Date.now(), oldestSendingMs: ms });
      await pause(sampleEveryMs);
    }
  })();
  return async () => {
    isOver = true;
    clearInterval(stalls);
    await samples;
  };
}

/** Waits until every delivery has come to its end; where one does not, the checks say so. */
async function settle({ database }: Stage): Promise<void> {
  const isSettled = async () => (await database.query(unsettled)).rows.length === 0;
  await eventually(isSettled, settledWithinMs).catch(() => undefined);
}

const oldestSending = `SELECT coalesce(max(extract(epoch FROM clock_timestamp() - attempt_started_at)), 0)::float8 * 1000 AS ms
  FROM delivery WHERE status = 'SENDING'`;
const unsettled = `SELECT FROM delivery WHERE status IN ('PENDING', 'SENDING', 'RETRYING') LIMIT 1`;
