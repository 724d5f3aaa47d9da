import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ViewerDocument } from '../../generated/operations.js';
import { eventually } from '../support/eventually.js';
import { endOf, runCommand, startCommand } from '../support/run-command.js';
import { newDatabase } from '../support/stores.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { type Env, freshEnv, startTendril, startTendrilProcess } from '../support/tendril.js';

const tenYearsMs = 10 * 365 * 86_400_000;

/** What a command prints with --json; fails where the command does. */
async function json(env: Env, ...args: string[]) {
  const { exitCode, out, err } = await runCommand(env, ...args, '--json');
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  expect(out).toMatch(/^[^\n]+\n$/);
  return JSON.parse(out);
}

describe('beside a server on DATABASE_URL', () => {
  let env: Env;

  beforeAll(async () => {
    env = await freshEnv({ LOG_LEVEL: 'warn' });
  });

  test('a workspace made by the command line has an ADMIN key that works in the running server at once', async () => {
    const tendril = await startTendril(env);
    const { exitCode, out, err } = await runCommand(env, 'workspaces', 'create', 'Acme Inc');
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    const [, id, key = ''] =
      /^Workspace {2}(ws_\w{26}) {2}\(Acme Inc\)\nAPI key {4}(tdl_[\w-]{43}) {2}\(ADMIN; shown this once\)\n$/.exec(
        out,
      ) ?? [];
    const { viewer } = await tendril.http(key).request(ViewerDocument);
    expect(viewer).toMatchObject({
      workspace: { id, name: 'Acme Inc' },
      apiKey: { name: 'First key', scopes: ['ADMIN'] },
    });
    const workspaces = await json(env, 'workspaces', 'list');
    expect(workspaces).toEqual([
      expect.objectContaining({ name: 'default' }),
      { id, name: 'Acme Inc', createdAt: expect.stringMatching(/Z$/) },
    ]);
    const list = await runCommand(env, 'workspaces', 'list');
    expect(list.out.split('\n')).toContainEqual(expect.stringMatching(new RegExp(`^${id} .* Acme Inc$`)));
  });

  test('a key has the scopes, the user and the expiry that it was made with, and works at once', async () => {
    const tendril = await startTendril(env);
    const { workspace } = await json(env, 'workspaces', 'create', 'One with users');
    const expires = new Date(Date.now() + tenYearsMs).toISOString();
    const options = [
      '--name',
      'Billing',
      '--scopes',
      'READ,PUBLISH',
      '--user',
      'Ann',
      '--primary',
      '--expires',
      expires,
    ];
    const { apiKey, key } = await json(env, 'keys', 'create', '--workspace', workspace.id, ...options);
    const { viewer } = await tendril.http(key).request(ViewerDocument);
    expect(viewer).toMatchObject({
      workspace: { id: workspace.id },
      apiKey: { id: apiKey.id, name: 'Billing', scopes: ['READ', 'PUBLISH'] },
    });
    const made = {
      id: apiKey.id,
      name: 'Billing',
      scopes: ['READ', 'PUBLISH'],
      userName: 'Ann',
      primaryUser: true,
    };
    expect(await json(env, 'keys', 'list', '--workspace', workspace.id)).toMatchObject([
      { name: 'First key', workspaceId: workspace.id },
      { ...made, expiresAt: expires, revokedAt: null },
    ]);
    const { out } = await runCommand(env, 'keys', 'list');
    expect(out).toMatch(
      new RegExp(
        `^${apiKey.id} .* READ,PUBLISH +good until ${expires} .* Billing \\(Ann, primary user\\)$`,
        'm',
      ),
    );
    expect(out).not.toContain(key);
  });

  test('a key revoked by the command line is refused by the running server within five seconds', async () => {
    const tendril = await startTendril(env);
    const { key } = await json(env, 'workspaces', 'create', 'One that goes');
    await tendril.http(key).request(ViewerDocument);
    const id = (await json(env, 'keys', 'list')).at(-1).id;
    const first = await runCommand(env, 'keys', 'revoke', id);
    expect(first).toMatchObject({ exitCode: 0, err: '' });
    expect(first.out).toMatch(new RegExp(`^${id} \\(First key\\) is revoked since \\S+Z\\.\\n$`));
    const isRefused = () =>
      tendril
        .http(key)
        .request(ViewerDocument)
        .then(
          () => false,
          () => true,
        );
    await eventually(isRefused, 5_000, () => 'the key still works');
    // Revoking again changes nothing, its date neither.
    expect((await runCommand(env, 'keys', 'revoke', id)).out).toBe(first.out);
  });

  test('a name cannot write to the terminal', async () => {
    await json(env, 'workspaces', 'create', 'red \u001b[31m\nws_forged');
    const { out } = await runCommand(env, 'workspaces', 'list');
    expect(out).toContain('red \ufffd[31m\ufffdws_forged\n');
  });

  test.each([
    [
      ['keys', 'list', '--workspace', 'ws_01m80yfs7ceva9b3ycy8b816tp'],
      'There is no workspace ws_01m80yfs7ceva9b3ycy8b816tp: tendril workspaces list shows those there are.',
    ],
    [
      ['keys', 'create', '--workspace', 'ws_01m80yfs7ceva9b3ycy8b816tp', '--name', 'a', '--scopes', 'READ'],
      'There is no workspace ws_01m80yfs7ceva9b3ycy8b816tp: tendril workspaces list shows those there are.',
    ],
    [
      ['keys', 'revoke', 'key_01m80yfs8me3bvz6c25bv5m53n'],
      'There is no API key key_01m80yfs8me3bvz6c25bv5m53n: tendril keys list shows those there are.',
    ],
  ])('%j of what is not there is told in one sentence, and ends with 1', async (args, sentence) => {
    expect(await runCommand(env, ...args)).toEqual({ exitCode: 1, out: '', err: `${sentence}\n` });
  });
});

describe('on the embedded stores', { timeout: 120_000 }, () => {
  test('commands need no server, wait for each other, and leave nothing running', async () => {
    const env = { DATA_DIR: join(await temporaryFolder(), 'data') };
    const created = await Promise.all(
      ['One', 'Two', 'Three'].map((name) => json(env, 'workspaces', 'create', name)),
    );
    expect(new Set(created.map(({ workspace }) => workspace.name))).toEqual(new Set(['One', 'Two', 'Three']));
    expect(await json(env, 'workspaces', 'list')).toHaveLength(3);
    await expect(readFile(join(env.DATA_DIR, 'postgres/postmaster.pid'))).rejects.toThrow('ENOENT');

    const env2 = { ...env, PORT: '0', MONGOD_BINARY: 'off' };
    const tendril = await startTendrilProcess(env2);
    const { viewer } = await tendril.http(created[1].key).request(ViewerDocument);
    expect(viewer.workspace.name).toBe('Two');
    const [first, second] = await Promise.all([
      json(env, 'workspaces', 'create', 'Four'),
      json(env, 'workspaces', 'create', 'Five'),
    ]);
    for (const { key, workspace } of [first, second])
      expect((await tendril.http(key).request(ViewerDocument)).viewer.workspace.id).toBe(workspace.id);
    expect(await tendril.end('SIGTERM')).toBe(0);
  });

  test('a command that is started while the server starts waits for its PostgreSQL', async () => {
    const env = { DATA_DIR: join(await temporaryFolder(), 'data'), PORT: '0', MONGOD_BINARY: 'off' };
    const starting = startTendrilProcess(env);
    await eventually(() => readFile(join(env.DATA_DIR, 'tendril.pid')).catch(() => undefined), 60_000);
    expect(await json({ DATA_DIR: env.DATA_DIR }, 'workspaces', 'create', 'Early')).toBeTruthy();
    await (await starting).end('SIGTERM');
  });

  test('Ctrl-C ends a command and what runs for it alone, and the data folder is free again', async () => {
    const env = { DATA_DIR: join(await temporaryFolder(), 'data') };
    const child = startCommand(env, 'workspaces', 'list');
    const ended = endOf(child);
    onTestFinished(() => void child.kill('SIGKILL'));
    await eventually(
      () => readFile(join(env.DATA_DIR, 'postgres/postmaster.pid')).catch(() => undefined),
      60_000,
    );
    child.kill('SIGINT');
    expect((await ended).exitCode).toBe(1);
    await expect(readFile(join(env.DATA_DIR, 'postgres/postmaster.pid'))).rejects.toThrow('ENOENT');
    expect(await json(env, 'workspaces', 'list')).toEqual([]);
  });

  test('a server is told when a command has its data folder', async () => {
    const env = { DATA_DIR: join(await temporaryFolder(), 'data') };
    const child = startCommand(env, 'workspaces', 'list');
    const ended = endOf(child);
    onTestFinished(() => void child.kill('SIGKILL'));
    // It has the folder by the time it makes PostgreSQL's, and keeps it while it stands still.
    await eventually(() => stat(join(env.DATA_DIR, 'postgres.new')).catch(() => undefined), 60_000);
    child.kill('SIGSTOP');
    expect(await runCommand({ ...env, PORT: '0' }, 'start')).toEqual({
      exitCode: 1,
      out: '',
      err: `A command is using the data folder ${env.DATA_DIR}: try again when it has ended.\n`,
    });
    child.kill('SIGCONT');
    expect((await ended).exitCode).toBe(0);
  });
});

test('what is not understood is told on standard error, starts nothing, and ends with 2', async () => {
  const env = { DATA_DIR: join(await temporaryFolder(), 'data') };
  expect(await runCommand(env, 'keys', 'create', '--nam', 'a', '--scopes', 'REED')).toEqual({
    exitCode: 2,
    out: '',
    err: `keys create has no option --nam; did you mean --name?
--workspace is missing: --workspace ID.
--scopes: "REED" is no scope; give some of MANAGE, PUBLISH, READ, ADMIN, with commas between.
See tendril keys create --help.
`,
  });
  await expect(readFile(join(env.DATA_DIR, 'tendril.lock'))).rejects.toThrow('ENOENT');
});

test('faults of the configuration are told as the server tells them, and end with 1', async () => {
  const { exitCode, out, err } = await runCommand(
    { DATABASE_URL: await newDatabase(), PORT: 'x' },
    'keys',
    'list',
  );
  expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
  expect(err).toMatch(/^The configuration has 2 faults:\n {2}PORT: .*\n {2}ENCRYPTION_KEYS: .*\n$/);
});

test('a database that does not answer is told in one sentence', async () => {
  const env = await freshEnv({ DATABASE_URL: 'postgres://tendril:canary@127.0.0.1:1/tendril' });
  expect(await runCommand(env, 'keys', 'list')).toEqual({
    exitCode: 1,
    out: '',
    err: 'PostgreSQL at 127.0.0.1:1 cannot be used (ECONNREFUSED): start it, or set DATABASE_URL to one that runs.\n',
  });
});

test('--help and --version need no configuration, and the version is the package’s', async () => {
  const env = { PORT: 'x' };
  expect(await runCommand(env, '--help')).toMatchObject({ exitCode: 0, err: '' });
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  expect(await runCommand(env, '--version')).toEqual({ exitCode: 0, out: `${version}\n`, err: '' });
});

test('an older Node is told what to use, in one sentence, whatever is asked for', async () => {
  // The Node that runs this says of itself that it is an older one.
  const older = `Object.defineProperty(process.versions, 'node', { value: '22.16.9' })`;
  const pretend = `--import=data:text/javascript,${encodeURIComponent(older)}`;
  for (const args of [[], ['keys', 'list'], ['--help']]) {
    const { exitCode, out, err } = await runCommand({ NODE_OPTIONS: pretend }, ...args);
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(err).toMatch(/^Tendril needs Node 22\.17 or later, and this is v[\d.]+\. [^\n]*\n$/);
  }
  // A module that an older Node does not have would end it before it could say so.
  expect(await readFile('src/main.ts', 'utf8')).not.toMatch(/^import |^} from /m);
});

test('a reader that has enough ends a command without a stack', async () => {
  const env = await freshEnv();
  const child = startCommand(env, 'workspaces', 'list');
  child.stdout?.destroy();
  let err = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  await new Promise((resolve) => child.once('close', resolve));
  expect(err).toBe('');
});
