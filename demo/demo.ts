import { setTimeout as pause } from 'node:timers/promises';
import { styleText } from 'node:util';
import { GraphQLClient } from 'graphql-request';
import { line, rule, titles } from './columns.js';
import { endpoints, events } from './examples.js';
import { logPages } from './log-page.js';
import { readOptions, usage } from './options.js';
import { Outcome } from './outcome.js';
import { publishExamples, subscribe } from './publish-examples.js';
import { type Receiver, startReceiver } from './receiver.js';
import { statusColumn, storyCells, storyColumns, type Update } from './story.js';
import { makeTemporaryFolder, removeTemporaryFolder } from './temporary-folder.js';
import { startTendrilProcess, type TendrilProcess } from './tendril-process.js';
import { watchUpdates } from './watch-updates.js';

// The slowest ones take three or so; the rest is for a machine that is busy.
const deliveredWithinMs = 30_000;
const logPageSize = 5;

const styles: Partial<Record<Update['status'], Parameters<typeof styleText>[0]>> = {
  PENDING: 'dim',
  SENDING: 'dim',
  RETRYING: 'yellow',
  DELIVERED: 'green',
  FAILED: 'red',
};

const say = (text = '') => console.log(text);
const whisper = (text: string) => say(styleText('dim', text));
const headline = (text: string) => say(styleText('bold', text));

/** Gives back the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options.kind === 'run') return (await runDemo(options.keep)) ? 0 : 1;
  if (options.kind === 'help') say(usage);
  else console.error(options.sentence);
  return options.kind === 'help' ? 0 : 1;
}

/** Whether all went well. Stops and removes what it has started, however it ends. */
async function runDemo(keep: boolean): Promise<boolean> {
  const folder = await makeTemporaryFolder();
  const receiver = await startReceiver();
  headline(`Tendril starts on embedded stores in ${folder}`);
  const tendril = startTendrilProcess(folder, (message) => whisper(`  ${message}`));
  let isInterrupted = false;
  const interrupt = () => {
    isInterrupted = true;
    tendril.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, interrupt);
  try {
    return await tellAll(tendril, receiver, keep);
  } catch (error) {
    if (!isInterrupted) throw error;
    say('\nStopped before the end.');
    return false;
  } finally {
    if (!isInterrupted) tendril.stop();
    await tendril.ended;
    await receiver.close();
    await removeTemporaryFolder(folder);
  }
}

async function tellAll(tendril: TendrilProcess, receiver: Receiver, keep: boolean): Promise<boolean> {
  const startedAtMs = performance.now();
  const url = await tendril.url;
  say(`  up at ${url} after ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s\n`);
  const client = new GraphQLClient(`${url}/graphql`, { headers: { Authorization: `Bearer ${tendril.key}` } });
  const outcome = new Outcome();
  const story = { beganAtMs: Date.now() };
  // Opened first, so that nothing is missed.
  const watch = watchUpdates(url, tendril.key, (update) => {
    outcome.take(update);
    sayUpdate(update, story.beganAtMs);
  });
  const died = tendril.ended.then((how) => Promise.reject(new Error(`Tendril ended with ${how}.`)));
  await Promise.race([tellStory(client, receiver, outcome, story), watch.ended, died]);
  await sayLogs(client);
  const isWell = sayVerdict(outcome, receiver);
  if (keep) await keepRunning(tendril, url, receiver);
  watch.close();
  return isWell;
}

/** Resolves when every delivery has come to its end, or when it takes too long. */
async function tellStory(
  client: GraphQLClient,
  receiver: Receiver,
  outcome: Outcome,
  story: { beganAtMs: number },
): Promise<void> {
  await openEndpoints(client, receiver);
  headline(`${events.length} events are published; the live subscription tells what becomes of them`);
  say(`\n${titles(storyColumns)}\n${rule(storyColumns)}`);
  story.beganAtMs = Date.now();
  outcome.expect(await publishExamples(client));
  await Promise.race([outcome.settled, pause(deliveredWithinMs, undefined, { ref: false })]);
}

async function openEndpoints(client: GraphQLClient, receiver: Receiver): Promise<void> {
  headline('A receiver with three endpoints, each with a webhook subscription');
  for (const endpoint of endpoints) {
    const { name, failures, subscription } = endpoint;
    const url = receiver.urlOf(name);
    receiver.open(name, await subscribe(client, endpoint, url), failures);
    const schedule = subscription.retryPolicy?.scheduleSeconds.join(', ');
    const answers = failures === 0 ? '200' : `503 to the first ${failures} attempts of each event, then 200`;
    say(`  ${name.padEnd(6)}  ${url}  answers ${answers}`);
    whisper(
      `          wants ${subscription.eventTypes.join(', ')} by the profile ${subscription.profile ?? 'STANDARD'}${
        schedule === undefined ? '' : `, retried after ${schedule} s`
      }`,
    );
  }
  say();
}

function sayUpdate(update: Update, storyBeganAtMs: number): void {
  const style = styles[update.status];
  say(
    line(storyColumns, storyCells(update, storyBeganAtMs), (cell, index) =>
      style && index === statusColumn ? styleText(style, cell) : cell,
    ),
  );
}

async function sayLogs(client: GraphQLClient): Promise<void> {
  say();
  headline(`The webhook logs, newest first, in pages of ${logPageSize}`);
  for await (const page of logPages(client, logPageSize)) say(`\n${page}`);
}

function sayVerdict({ delivered, expected }: Outcome, { received, verified }: Receiver): boolean {
  const isWell = delivered === expected && verified === received;
  say();
  say(`${delivered} of ${expected} deliveries were delivered.`);
  say(`${received} requests came to the receiver; ${verified} of them had a good signature.`);
  return isWell;
}

async function keepRunning(tendril: TendrilProcess, url: string, receiver: Receiver): Promise<void> {
  say();
  headline('Tendril goes on running. What you publish shows up here; Ctrl-C stops it.');
  say(`  GraphiQL   ${url}/graphiql`);
  say(`  API key    ${tendril.key}`);
  say(`  Endpoints  ${endpoints.map(({ name }) => receiver.urlOf(name)).join('  ')}\n`);
  await tendril.ended;
  say('\nStopped.');
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 1;
});
