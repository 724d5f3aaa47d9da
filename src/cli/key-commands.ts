import type { EntityManager } from '@mikro-orm/postgresql';
import { DateTimeScalar } from '../graphql/scalars.js';
import type { UserError } from '../graphql/user-error.js';
import { StartError } from '../start-error.js';
import { fromTypeId, toTypeId } from '../storage/typeid.js';
import { ApiKey, ApiKeyScope } from '../workspaces/api-key.entity.js';
import { checkApiKey } from '../workspaces/check-api-key.js';
import { createApiKey, type NewApiKey } from '../workspaces/create-api-key.js';
import { revokeApiKey } from '../workspaces/revoke-api-key.js';
import { Workspace } from '../workspaces/workspace.entity.js';
import type { Answer, Command, CommandParts, Given, Reading } from './command.types.js';
import { columns } from './help-text.js';
import { printable } from './printable.js';

const knownScopes = Object.values(ApiKeyScope);

/** `tendril keys …` */
export const keyCommands: readonly Command[] = [
  {
    name: 'keys create',
    options: {
      workspace: { value: 'ID', isRequired: true, does: 'The workspace that it opens' },
      name: { value: 'NAME', isRequired: true, does: 'What it is for' },
      scopes: {
        value: 'SCOPES',
        isRequired: true,
        does: `Some of ${knownScopes.join(', ')}, with commas between`,
      },
      user: { value: 'NAME', does: 'The person it is made for' },
      primary: { does: "That person is the account's primary user" },
      expires: {
        value: 'DATE',
        does: 'From when on it is refused, such as 2027-01-31 or 2027-01-31T12:00:00Z',
      },
    },
    does: 'Makes an API key, which is shown this once',
    read: readCreate,
  },
  {
    name: 'keys list',
    options: { workspace: { value: 'ID', does: 'The keys of this workspace alone' } },
    does: 'Lists API keys, oldest first, expired and revoked ones included',
    read: readList,
  },
  {
    name: 'keys revoke',
    argument: 'ID',
    options: {},
    does: 'Ends an API key for good: servers refuse it within seconds',
    read: readRevoke,
  },
];

/** The options of `keys create` for the fields of the API's input. */
const optionOfField: Readonly<Record<string, string>> = {
  name: 'name',
  scopes: 'scopes',
  userName: 'user',
  expiresAt: 'expires',
};

function readCreate({ options }: Given, nowMs: number): Reading {
  const { workspace, name, scopes, user, primary, expires } = options as Record<string, string | undefined>;
  const workspaceId = workspace && fromTypeId('ws', workspace);
  const words = scopes?.split(',').map((word) => word.trim().toUpperCase()) ?? [];
  const input = {
    name: name ?? '',
    scopes: words as ApiKeyScope[],
    userName: user ?? null,
    primaryUser: primary !== undefined && user !== undefined,
    expiresAt: (expires === undefined ? undefined : momentOf(expires)) ?? null,
  };
  const faults = [
    ...workspaceFaults(workspace),
    ...words.filter((word) => !(knownScopes as string[]).includes(word)).map(noScope),
    ...checkApiKey(input, nowMs).flatMap((fault) => asOptionFault(fault, options)),
    ...(primary !== undefined && user === undefined
      ? ['--primary: give --user NAME too, since it is said of a person']
      : []),
    ...(expires !== undefined && input.expiresAt === null ? [noMoment(expires)] : []),
  ];
  if (faults.length > 0 || !workspaceId) return { faults };
  return { run: (parts) => createIn(parts, { ...input, workspaceId }) };
}

/** A fault of an option that was not given is told by whoever reads the line. */
function asOptionFault({ field, message }: UserError, options: Given['options']): string[] {
  const option = optionOfField[field?.at(-1) ?? ''];
  return option === undefined || options[option] === undefined ? [] : [`--${option}: ${message}`];
}

/** Midnight UTC where only a day is given. */
function momentOf(text: string): Date | undefined {
  try {
    return DateTimeScalar.parseValue(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  } catch {
    return undefined;
  }
}

function noMoment(text: string): string {
  return `--expires: ${JSON.stringify(text)} is no date; give one such as 2027-01-31 or 2027-01-31T12:00:00Z`;
}

function noScope(word: string): string {
  return `--scopes: ${JSON.stringify(word)} is no scope; give some of ${knownScopes.join(', ')}, with commas between`;
}

function workspaceFaults(id: string | undefined): string[] {
  if (id === undefined || fromTypeId('ws', id) !== undefined) return [];
  return [`--workspace: ${JSON.stringify(id)} is no workspace's id; tendril workspaces list shows them`];
}

async function createIn({ database }: CommandParts, input: NewApiKey): Promise<Answer> {
  const { apiKey, key } = await database.orm.em.fork().transactional(async (em) => {
    await requireWorkspace(em, input.workspaceId);
    return createApiKey(em, input);
  });
  return {
    json: { apiKey: jsonOf(apiKey), key },
    lines: [`API key  ${key}  (${apiKey.scopes.join(', ')}; shown this once)`, `ID       ${apiKey.id}`],
  };
}

async function requireWorkspace(em: EntityManager, uuid: string): Promise<void> {
  if ((await em.count(Workspace, { uuid })) > 0) return;
  throw new StartError(
    `There is no workspace ${toTypeId('ws', uuid)}: tendril workspaces list shows those there are.`,
  );
}

function readList({ options: { workspace } }: Given): Reading {
  if (typeof workspace !== 'string') return { run: (parts) => listKeys(parts, undefined) };
  const workspaceId = fromTypeId('ws', workspace);
  return workspaceId === undefined
    ? { faults: workspaceFaults(workspace) }
    : { run: (parts) => listKeys(parts, workspaceId) };
}

async function listKeys({ database }: CommandParts, workspaceId: string | undefined): Promise<Answer> {
  const em = database.orm.em.fork();
  if (workspaceId !== undefined) await requireWorkspace(em, workspaceId);
  const keys = await em.find(ApiKey, workspaceId === undefined ? {} : { workspaceId }, {
    orderBy: { uuid: 'asc' },
  });
  const heading = ['ID', 'WORKSPACE', 'PREFIX', 'SCOPES', 'STATE', 'LAST USED', 'NAME'];
  return { json: keys.map(jsonOf), lines: columns([heading, ...keys.map((key) => rowOf(key, Date.now()))]) };
}

function rowOf(key: ApiKey, nowMs: number): string[] {
  const { id, prefix, scopes, name, userName, primaryUser, lastUsedAt } = key;
  const user = userName === null ? '' : ` (${userName}${primaryUser ? ', primary user' : ''})`;
  const lastUsed = lastUsedAt?.toISOString() ?? 'never';
  const workspace = toTypeId('ws', key.workspaceId);
  return [
    id,
    workspace,
    printable(prefix),
    scopes.join(','),
    stateOf(key, nowMs),
    lastUsed,
    printable(name + user),
  ];
}

function stateOf({ revokedAt, expiresAt }: ApiKey, nowMs: number): string {
  if (revokedAt) return `revoked ${revokedAt.toISOString()}`;
  if (!expiresAt) return 'good';
  return `${expiresAt.getTime() <= nowMs ? 'expired' : 'good until'} ${expiresAt.toISOString()}`;
}

function readRevoke({ argument: id }: Given): Reading {
  if (id === undefined) return { faults: [] };
  const uuid = fromTypeId('key', id);
  // Not repeated: what stands in the place of an id may be the key itself.
  const fault = "ID: what is given is no API key's id; tendril keys list shows them";
  return uuid === undefined ? { faults: [fault] } : { run: (parts) => revoke(parts, id, uuid) };
}

async function revoke({ database }: CommandParts, id: string, uuid: string): Promise<Answer> {
  const em = database.orm.em.fork();
  const found = await em.findOne(ApiKey, { uuid });
  const apiKey = found && (await revokeApiKey(em, found.workspaceId, id, new Date()));
  if (!apiKey) throw new StartError(`There is no API key ${id}: tendril keys list shows those there are.`);
  return {
    json: jsonOf(apiKey),
    lines: [`${id} (${printable(apiKey.name)}) is revoked since ${apiKey.revokedAt?.toISOString()}.`],
  };
}

function jsonOf(key: ApiKey) {
  const { id, name, prefix, scopes, userName, primaryUser, createdAt, lastUsedAt, expiresAt, revokedAt } =
    key;
  const workspaceId = toTypeId('ws', key.workspaceId);
  return {
    id,
    workspaceId,
    name,
    prefix,
    scopes,
    userName,
    primaryUser,
    createdAt,
    lastUsedAt,
    expiresAt,
    revokedAt,
  };
}
