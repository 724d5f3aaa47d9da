import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { pino } from 'pino';
import { readConfig } from '../config.js';
import { StartError } from '../start-error.js';
import type { Answer, Command, Run } from './command.types.js';
import { commands } from './commands.js';
import { helpOf, helpText } from './help-text.js';
import { openParts } from './open-parts.js';
import { readCommandLine } from './read-command-line.js';

const failed = 1;
const notUnderstood = 2;

/** Does what the command line asks for; with nothing asked for, `serve` is called. Sets the exit code and never fails. */
export async function runCommand(args: readonly string[], serve: () => Promise<never>): Promise<void> {
  // Whoever reads may have enough before everything is printed: tendril keys list | head
  process.stdout.on('error', () => process.exit(failed));
  const line = readCommandLine(args, commands, Date.now());
  switch (line.kind) {
    case 'start':
      return serve().catch((error: unknown) => {
        fail(error);
        process.exit();
      });
    case 'help':
      return console.log(helpText(commands));
    case 'helpOf':
      return console.log(helpOf(line.command));
    case 'version':
      return console.log(await version());
    case 'wrong':
      return refuse(line.faults, line.command);
    case 'command':
      return execute(line.run, line.asJson).catch(fail);
  }
}

async function execute(run: Run, asJson: boolean): Promise<void> {
  const config = readConfig();
  const log = pino({ level: config.logLevel }, pino.destination({ fd: 2, sync: true }));
  await using opened = new AsyncDisposableStack();
  const opening = openParts(config, log, opened);
  // What runs for this command alone, such as a PostgreSQL, ends with it. A second signal ends it at once.
  const stopped = new Promise<undefined>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => void opening.catch(() => undefined).then(() => resolve(undefined)));
  });
  const answer = await Promise.race([opening.then(run), stopped]);
  if (answer) print(answer, asJson);
  else process.exitCode = failed;
}

function print({ json, lines, failures = [] }: Answer, asJson: boolean): void {
  console.log(asJson ? JSON.stringify(json) : lines.join('\n'));
  for (const failure of failures) console.error(failure);
  if (failures.length > 0) process.exitCode = failed;
}

function refuse(faults: readonly string[], command: Command | undefined): void {
  for (const fault of faults) console.error(`${fault}${/[.?]$/.test(fault) ? '' : '.'}`);
  console.error(`See tendril ${command ? `${command.name} ` : ''}--help.`);
  process.exitCode = notUnderstood;
}

/** An expected reason in its own words alone. */
function fail(error: unknown): void {
  console.error(error instanceof StartError ? error.message : error);
  process.exitCode = failed;
}

async function version(): Promise<string> {
  const path = findPackageJSON(import.meta.url) ?? '';
  return (JSON.parse(await readFile(path, 'utf8')) as { version: string }).version;
}
