/** What the command line asks for. */
export type Options = { kind: 'run'; keep: boolean } | { kind: 'help' } | { kind: 'fault'; sentence: string };

/** What `--help` prints. */
export const usage = `Usage: npm run demo [-- --keep]

Starts Tendril on embedded stores in a temporary folder, publishes a few events to a receiver of its own, and prints
what becomes of them as the live subscription tells it. Exits with 0 only if all were delivered, and leaves nothing behind.

  --keep   leaves it running, to be looked at in GraphiQL, until Ctrl-C
  --help   prints this`;

/** Reads the arguments after the command's name. */
export function readOptions(args: readonly string[]): Options {
  const unknown = args.find((arg) => !['--keep', '--help', '-h'].includes(arg));
  if (unknown !== undefined) {
    return { kind: 'fault', sentence: `The demo does not know "${unknown}"; it takes --keep and --help.` };
  }
  if (args.includes('--help') || args.includes('-h')) return { kind: 'help' };
  return { kind: 'run', keep: args.includes('--keep') };
}
