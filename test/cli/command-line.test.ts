import { describe, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.js';
import { helpOf, helpText } from '../../src/cli/help-text.js';
import { readCommandLine } from '../../src/cli/read-command-line.js';
import { toTypeId } from '../../src/storage/typeid.js';

const nowMs = Date.parse('2026-06-01T00:00:00Z');
const workspace = toTypeId('ws', '01936b2e-0000-7000-8000-000000000001');
const key = toTypeId('key', '01936b2e-0000-7000-8000-000000000002');

function read(...args: string[]) {
  return readCommandLine(args, commands, nowMs);
}

function faultsOf(...args: string[]): readonly string[] {
  const line = read(...args);
  return line.kind === 'wrong' ? line.faults : [`not wrong: ${line.kind}`];
}

describe('what is understood', () => {
  test.each([
    [[], 'start'],
    [['start'], 'start'],
    [['--help'], 'help'],
    [['-h'], 'help'],
    [['help'], 'help'],
    [['keys', '--help'], 'help'],
    [['keys', 'create', '--help'], 'helpOf'],
    [['keys', 'create', '--name', 'x', '-h'], 'helpOf'],
    [['--version'], 'version'],
    [['-v'], 'version'],
    [['workspaces', 'create', 'Acme Inc'], 'command'],
    [['workspaces', 'create', '--', '--strange name'], 'command'],
    [['workspaces', 'list', '--json'], 'command'],
    [['--json', 'workspaces', 'list'], 'command'],
    [['keys', 'create', '--workspace', workspace, '--name', 'a', '--scopes', 'READ'], 'command'],
    [['keys', 'create', `--workspace=${workspace}`, '--name=-a', '--scopes=read, publish'], 'command'],
    [['keys', 'list'], 'command'],
    [['keys', 'list', '--workspace', workspace], 'command'],
    [['keys', 'revoke', key], 'command'],
    [['encryption', 'rotate'], 'command'],
  ] as const)('%j is a %s', (args, kind) => {
    expect(read(...args).kind).toBe(kind);
  });

  test.each([
    ['--user', 'Ann', '--primary', '--expires', '2026-06-02'],
    ['--user', 'Ann', '--expires', '2026-06-01T00:00:01Z'],
    ['--expires', '2026-06-01T12:00:00+02:00'],
  ])('a key may have %s', (...options) => {
    const all = ['keys', 'create', '--workspace', workspace, '--name', 'a', '--scopes', 'READ', ...options];
    expect(read(...all).kind).toBe('command');
  });
});

describe('what is not understood is told in sentences, all at once, with what was likely meant', () => {
  const right = ['keys', 'create', '--workspace', workspace, '--name', 'a', '--scopes', 'READ'];

  test.each([
    [['--port', '1'], ['--port is no option of the server: its settings are environment variables']],
    [['strat'], ['There is no command "strat"; did you mean start?']],
    [['keyz', 'create'], ['There is no command "keyz create"; did you mean keys create?']],
    [['keys', 'creat'], ['There is no command "keys creat"; did you mean keys create?']],
    [['workspace', 'list'], ['There is no command "workspace list"; did you mean workspaces list?']],
    [['keys'], ['keys is not all of it: say keys create, keys list, or keys revoke']],
    [['encryption'], ['encryption is not all of it: say encryption rotate']],
    [['keyz'], ['There is no command "keyz"; did you mean keys?']],
    [
      ['publish', 'everything'],
      [
        expect.stringMatching(
          /^There is no command "publish everything"; there are start, workspaces create, /,
        ),
      ],
    ],
    [['--wat'], ['--wat is no option of the server: its settings are environment variables']],
    [
      ['start', 'now', '--port=4000'],
      [
        '--port is no option of the server: its settings are environment variables',
        '"now" is one word too many: start takes no argument',
      ],
    ],
    [['workspaces', 'create'], ['workspaces create needs NAME: tendril workspaces create NAME']],
    [['workspaces', 'create', ' '], ['NAME: A name cannot be blank.']],
    [
      ['workspaces', 'create', 'Acme', 'Inc'],
      ['"Inc" is one word too many; put quotes around a name of several words'],
    ],
    [['workspaces', 'list', '--jsno'], ['workspaces list has no option --jsno; did you mean --json?']],
    [['workspaces', 'list', '--json=yes'], ['--json takes no value']],
    [['workspaces', 'list', '--name', 'a'], ['workspaces list has no option --name']],
    [['keys', 'list', '-x'], ['keys list has no option -x']],
    [['keys', 'list', '--__proto__', '--constructor'], 2],
    [['keys', 'list', '--workspace'], ['--workspace needs a value: --workspace ID']],
    [['keys', 'list', '--workspace', '--json'], ['--workspace needs a value: --workspace ID']],
    [['keys', 'revoke'], ['keys revoke needs ID: tendril keys revoke ID']],
    [['keys', 'revoke', workspace], ["ID: what is given is no API key's id; tendril keys list shows them"]],
    [
      ['keys', 'create'],
      [
        '--workspace is missing: --workspace ID',
        '--name is missing: --name NAME',
        '--scopes is missing: --scopes SCOPES',
      ],
    ],
    [
      [
        'keys',
        'create',
        '--name',
        '--scope',
        'REED',
        '--workspace',
        'acme',
        '--primary',
        '--expires',
        'soon',
        'extra',
      ],
      [
        'keys create has no option --scope; did you mean --scopes?',
        '--name needs a value: --name NAME',
        '"extra" is one word too many; put quotes around a name of several words',
        '--workspace: "acme" is no workspace\'s id; tendril workspaces list shows them',
        '--primary: give --user NAME too, since it is said of a person',
        '--expires: "soon" is no date; give one such as 2027-01-31 or 2027-01-31T12:00:00Z',
      ],
    ],
    [
      [...right.slice(0, -1), 'READ,REED,READ,'],
      [
        '--scopes: "REED" is no scope; give some of MANAGE, PUBLISH, READ, ADMIN, with commas between',
        '--scopes: "" is no scope; give some of MANAGE, PUBLISH, READ, ADMIN, with commas between',
        '--scopes: Give each scope once; READ came more often.',
      ],
    ],
    [[...right, '--name', 'b'], ['--name is given twice']],
    [[...right.toSpliced(4, 2), '--name'], ['--name needs a value: --name NAME']],
    [[...right.slice(0, -1)], ['--scopes needs a value: --scopes SCOPES']],
    [[...right.toSpliced(2, 2), '--workspace'], ['--workspace needs a value: --workspace ID']],
    [[...right, '--expires'], ['--expires needs a value: --expires DATE']],
    [[...right, '--user', ''], ['--user: A userName cannot be blank.']],
    [
      [...right, '--name', 'a'.repeat(256)].toSpliced(4, 2),
      ['--name: A name has at most 255 characters; this one has 256.'],
    ],
    [
      [...right, '--expires', '2026-06-01'],
      ['--expires: 2026-06-01T00:00:00.000Z has passed; give a moment to come.'],
    ],
    [
      [...right, '--expires', '2027-02-30'],
      ['--expires: "2027-02-30" is no date; give one such as 2027-01-31 or 2027-01-31T12:00:00Z'],
    ],
  ])('%j', (args, expected) => {
    const faults = faultsOf(...args);
    if (typeof expected === 'number') expect(faults).toHaveLength(expected);
    else expect(faults).toEqual(expected);
  });
});

test('the help has every command, and the help of a command every option of it', () => {
  const help = helpText(commands);
  for (const command of commands) {
    expect(help).toContain(`tendril ${command.name}`);
    const own = helpOf(command);
    for (const name of Object.keys(command.options)) expect(own).toContain(`--${name}`);
  }
});

test('an option of several commands has the same form in each, since the line is read before its command is known', () => {
  const forms = new Map<string, Set<boolean>>();
  for (const { options } of commands) {
    for (const [name, { value }] of Object.entries(options))
      forms.set(name, (forms.get(name) ?? new Set()).add(value !== undefined));
  }
  expect([...forms].filter(([, kinds]) => kinds.size > 1)).toEqual([]);
});
