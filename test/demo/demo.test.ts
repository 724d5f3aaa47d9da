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
  // What npm would build before that was built before the tests.
  const demo = run('npm run demo -- --keep', { TMPDIR: folder, npm_config_ignore_scripts: 'true' });
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
  expect(demo.output).not.toContain('\u001b');
  const client = new GraphQLClient(graphiql.replace(/graphiql$/, 'graphql'), {
    headers: { Authorization: `Bearer ${key}` },
  });
  const { deliveries } = await client.request(DeliveriesDocument, { filter: { statuses: ['DELIVERED'] } });
  expect(deliveries.totalCount).toBe(9);

  // npm ends by the signal too, but not before the demo has.
  expect(await demo.end('SIGINT')).toBe('SIGINT');
  expect(demo.output).toMatch(/\nStopped\.\n$/);
  expect(await leftIn(folder)).toEqual([]);
}, 120_000);

test('a demo that is stopped before its end exits with 1 and leaves nothing behind', async () => {
  const folder = await temporaryFolder();
  const demo = run('node dist/demo/demo.js', { TMPDIR: folder });
  await eventually(
    () => demo.output.includes('up at'),
    60_000,
    () => demo.output,
  );
  expect(await demo.end('SIGTERM')).toBe(1);
  expect(demo.output).toContain('Stopped before the end.');
  expect(await leftIn(folder)).toEqual([]);
}, 120_000);

test('the demo answers an unknown flag with a sentence and exit code 1', async () => {
  const demo = run('node dist/demo/demo.js --kep', {});
  expect(await demo.ended).toBe(1);
  expect(demo.output).toBe('The demo does not know "--kep"; it takes --keep and --help.\n');
});

test('the demo tells with --help what it does', async () => {
  const demo = run('node dist/demo/demo.js --help', {});
  expect(await demo.ended).toBe(0);
  expect(demo.output).toMatch(/^Usage: npm run demo/);
});

/** npm and the compiler put a cache of their own beside the demo's folder. */
async function leftIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name !== 'node-compile-cache');
}

/** A command in a process group of its own, which is ended after the test where it still runs. */
function run(command: string, env: Record<string, string>) {
  const child = spawn(`exec ${command}`, {
    // The test runner asks for colours; this is no terminal.
    env: { ...process.env, FORCE_COLOR: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: true,
    detached: true,
  });
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  const running = {
    output: '',
    ended,
    get exitCode() {
      return child.exitCode;
    },
    /** Signals the whole group, as a terminal does. */
    end(signal: NodeJS.Signals) {
      if (child.pid) process.kill(-child.pid, signal);
      return ended;
    },
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      running.output += text;
    });
  }
  // npm may end before what it runs does; the pipes are closed when all of it has.
  const closed = once(child, 'close');
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) await running.end('SIGTERM');
    await closed;
  });
  return running;
}
