import type { Command } from './command.types.js';
import { commonOptions } from './read-command-line.js';

/** What `tendril --help` prints. */
export function helpText(commands: readonly Command[]): string {
  const rows = commands.map((command) => [usageOf(command), command.does] as const);
  return [
    'Tendril delivers webhooks. Settings are environment variables, the same for the server and for every command.',
    '',
    ...columns([['tendril [start]', 'Runs the server until SIGTERM or Ctrl-C'], ...rows]),
    '',
    ...columns([
      ['--json', commonOptions.json?.does ?? ''],
      ['-h, --help', 'Tells more about a command'],
      ['-v, --version', 'Prints the version'],
    ]),
    '',
    'Results come on standard output, everything else on standard error. Exit codes: 0 done, 1 failed, 2 not understood.',
  ].join('\n');
}

/** What `tendril COMMAND --help` prints. */
export function helpOf(command: Command): string {
  const options = Object.entries({ ...command.options, ...commonOptions }).map(
    ([name, { value, does, isRequired }]) =>
      [optionText(name, value), isRequired ? `${does} (required)` : does] as const,
  );
  return [usageOf(command), '', `${command.does}.`, '', ...columns(options)].join('\n');
}

/** How a command is typed, with what it cannot do without. */
function usageOf({ name, argument, options }: Command): string {
  const required = Object.entries(options)
    .filter(([, { isRequired }]) => isRequired)
    .map(([option, { value }]) => optionText(option, value));
  return ['tendril', name, ...(argument === undefined ? [] : [argument]), ...required].join(' ');
}

function optionText(name: string, value: string | undefined): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

/** Rows with their columns below each other. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => (row[index] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
