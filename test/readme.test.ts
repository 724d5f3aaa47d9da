import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findFreePort } from '../src/storage/free-port.js';
import { eventually } from './support/eventually.js';
import { temporaryFolder } from './support/temporary-folder.js';
import { freshEnv } from './support/tendril.js';

const project = join(import.meta.dirname, '..');
const readme = await readFile(join(project, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block.trim());
const inline = [...readme.matchAll(/`((?:npm|node|node_modules\/\S+) [^`]+)`/g)].map(
  ([, command = '']) => command,
);

// What npm would build before it starts something was built before the tests.
const built = { npm_config_ignore_scripts: 'true' };

const [demo = '', tests = '', start = '', receive = '', walk = '', commands = '', ...others] = blocks;

test('the README has the commands that are looked at here, and no others', async () => {
  const ci = await readFile(join(project, '.ci/run'), 'utf8');
  for (const command of [demo, tests]) expect(ci).toContain(`'${command}'`);
  expect(others).toEqual([]);
  const elsewhere = await readFile(join(import.meta.dirname, 'demo/demo.test.ts'), 'utf8');
  expect(inline.filter((command) => !elsewhere.includes(`'${command}'`))).toEqual([service]);
});

test('the first delivery goes as the README says', async () => {
  const receiverPort = await findFreePort();
  const receiver = run(receive.replace('9000', String(receiverPort)));
  const server = run(start, { ...built, PORT: '0', DATA_DIR: await temporaryFolder() });
  const url = await addressOf(server, 100_000);

  const client = run(
    walk
      .replace('http://127.0.0.1:4000', url)
      .replace('http://127.0.0.1:9000', `http://127.0.0.1:${receiverPort}`),
  );
  expect(await client.ended).toBe(0);
  const answers = client.output
    .trim()
    .split('\n')
    .map((answer) => JSON.parse(answer).data);
  expect(answers[0]).toMatchObject({
    createWebhookSubscription: { subscription: { id: expect.stringMatching(/^wsub_/) }, userErrors: [] },
  });
  expect(answers[1]).toMatchObject({ publishEvent: { deliveryCount: 1, userErrors: [] } });
  expect(answers[2]).toMatchObject({ deliveries: { totalCount: 1, nodes: [{ eventType: 'payout.paid' }] } });
  await eventually(
    () => receiver.output.includes('"type":"payout.paid"'),
    10_000,
    () => receiver.output,
  );
  expect(receiver.output).toContain("'webhook-signature': 'v1,");
}, 120_000);

const service = 'node_modules/.bin/node dist/src/main.js';

test('a service manager can start and stop it as the README says', async () => {
  const server = run(service, await freshEnv());
  await addressOf(server, 30_000);
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
});

test('every command of the command line goes as the README says, by npx', async () => {
  // npx keeps a link to the project in its cache.
  const env = { ...(await freshEnv()), ...built, npm_config_cache: await temporaryFolder() };
  let [workspaceId, keyId] = ['', ''];
  const printed: string[] = [];
  for (const line of commands.split('\n')) {
    const command = line
      .replace('--workspace ID', `--workspace ${workspaceId}`)
      .replace('revoke ID', `revoke ${keyId}`);
    const running = run(command, env);
    expect([line, await running.ended, running.output]).toEqual([line, 0, expect.any(String)]);
    workspaceId = /\bws_\w+/.exec(running.output)?.[0] ?? workspaceId;
    keyId = /\bkey_\w+/.exec(running.output)?.[0] ?? keyId;
    printed.push(running.output);
  }
  expect(printed).toEqual([
    expect.stringMatching(/^API key +tdl_/m),
    expect.stringContaining('Acme'),
    expect.stringMatching(/^API key +tdl_/m),
    expect.stringContaining('Billing (Ann, primary user)'),
    expect.stringContaining('is revoked since'),
    expect.stringMatching(/^Rows put under the first key: /m),
    expect.stringMatching(/^Messages are signed with the certificate [\da-f-]{36} from now on\.$/m),
  ]);
}, 180_000);

const decisions = (await readdir(join(project, 'docs/decisions'))).map((name) => `docs/decisions/${name}`);

test.each([
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'docs/glossary.md',
  'docs/scaling.md',
  'docs/adding-a-provider.md',
  ...decisions,
])('every link within the project in %s leads somewhere', async (page) => {
  const text = await readFile(join(project, page), 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) =>
    join(dirname(page), link),
  );
  const missing = await Promise.all(
    links.map((link) =>
      access(join(project, link)).then(
        () => [],
        () => [link],
      ),
    ),
  );
  expect(missing.flat()).toEqual([]);
});

test('the README’s table has every setting, and no other', async () => {
  const config = await readFile(join(project, 'src/config.ts'), 'utf8');
  const settings = [...config.matchAll(/^ {2}([A-Z_]+): /gm)].map(([, name]) => name);
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
  expect(rows).toEqual(settings);
});

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<number | string>;
  output: string;
}

/** Runs a shell command in a process group of its own, which is ended after the test. */
function run(command: string, env: Record<string, string> = {}): Running {
  const { PATH, HOME, MONGOD_BINARY } = process.env;
  const child = spawn(
    'sh',
    ['-c', command.includes('\n') || command.includes('=') ? command : `exec ${command}`],
    {
      cwd: project,
      env: { PATH, HOME, MONGOD_BINARY, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    },
  );
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  const running: Running = { child, ended, output: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      running.output += text;
    });
  }
  // A shell or npm may end before what it runs does; the pipes are closed when all of them have.
  const closed = once(child, 'close');
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null && child.pid)
      process.kill(-child.pid, 'SIGTERM');
    await closed;
  });
  return running;
}

function addressOf(server: Running, deadlineMs: number): Promise<string> {
  return eventually(
    () => /^Health +(\S+)\/health\/ready$/m.exec(server.output)?.[1],
    deadlineMs,
    () => server.output,
  );
}
