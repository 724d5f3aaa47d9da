import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { GraphQLClient } from 'graphql-request';
import { expect, onTestFinished, test } from 'vitest';
import { DeliveriesDocument } from '../../generated/operations.js';
import { eventually } from '../support/eventually.js';
import { temporaryFolder } from '../support/temporary-folder.js';

test('the demo delivers everything, goes on with --keep until Ctrl-C, and leaves nothing behind', async () => {
  const folder = await temporaryFolder();
  const demo = runDemo(['--keep'], { TMPDIR: folder });
  const printed = (pattern: RegExp) =>
    eventually(
      () => pattern.exec(demo.output)?.[1] ?? demo.exitCode,
      60_000,
      () => demo.output,
    );
  const graphiql = String(await printed(/GraphiQL +(\S+)/));
  const key = String(await printed(/API key +(\S+)/));

  expect(demo.output).toContain('9 of 9 deliveries were delivered.');
  expect(demo.output).toContain('15 requests came to the receiver; 15 of them had a good signature.');
  expect(demo.output).toMatch(/payout\.paid +ledger +RETRYING +2 +503 +\d+ {2}again in \d\.\d s/);
  expect(demo.output).toMatch(/payout\.paid +ledger +DELIVERED +3 +200 +\d+ ms/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are for terminals, and this is none
  expect(demo.output).not.toMatch(/\x1b/);
  const client = new GraphQLClient(graphiql.replace(/graphiql$/, 'graphql'), {
    headers: { Authorization: `Bearer ${key}` },
  });
  const { deliveries } = await client.request(DeliveriesDocument, { filter: { statuses: ['DELIVERED'] } });
  expect(deliveries.totalCount).toBe(9);

  expect(await demo.end('SIGINT')).toBe(0);
  expect(await readdir(folder)).toEqual([]);
}, 120_000);

test('a demo that is stopped before its end exits with 1 and leaves nothing behind', async () => {
  const folder = await temporaryFolder();
  const demo = runDemo([], { TMPDIR: folder });
  await eventually(
    () => demo.output.includes('up at'),
    60_000,
    () => demo.output,
  );
  expect(await demo.end('SIGTERM')).toBe(1);
  expect(demo.output).toContain('Stopped before the end.');
  expect(await readdir(folder)).toEqual([]);
}, 120_000);

test('the demo answers an unknown flag with a sentence and exit code 1', async () => {
  const demo = runDemo(['--kep'], {});
  expect(await demo.ended).toBe(1);
  expect(demo.output).toBe('The demo does not know "--kep"; it takes --keep and --help.\n');
});

test('the demo tells with --help what it does', async () => {
  const demo = runDemo(['--help'], {});
  expect(await demo.ended).toBe(0);
  expect(demo.output).toMatch(/^Usage: npm run demo/);
});

/** The built demo in a process of its own, which is killed at the end of the test where it still runs. */
function runDemo(args: readonly string[], env: Record<string, string>) {
  const child = spawn(process.execPath, ['dist/demo/demo.js', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  const run = {
    output: '',
    ended,
    get exitCode() {
      return child.exitCode;
    },
    end(signal: NodeJS.Signals) {
      child.kill(signal);
      return ended;
    },
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      run.output += text;
    });
  }
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await ended;
  });
  return run;
}
