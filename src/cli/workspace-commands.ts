import { ApiKeyScope } from '../workspaces/api-key.entity.js';
import { checkName } from '../workspaces/check-api-key.js';
import { createApiKey } from '../workspaces/create-api-key.js';
import { createWorkspace } from '../workspaces/create-workspace.js';
import { Workspace } from '../workspaces/workspace.entity.js';
import type { Command, CommandParts, Given, Reading } from './command.types.js';
import { columns } from './help-text.js';
import { printable } from './printable.js';

/** `tendril workspaces …` */
export const workspaceCommands: readonly Command[] = [
  {
    name: 'workspaces create',
    argument: 'NAME',
    options: {},
    does: 'Makes a workspace and its first ADMIN key, which is shown this once',
    read: readCreate,
  },
  {
    name: 'workspaces list',
    options: {},
    does: 'Lists all workspaces, oldest first',
    read: () => ({ run: listWorkspaces }),
  },
];

function readCreate({ argument: name }: Given): Reading {
  if (name === undefined) return { faults: [] };
  const faults = checkName(name, 'name').map(({ message }) => `NAME: ${message}`);
  return faults.length > 0 ? { faults } : { run: (parts) => createNamed(parts, name) };
}

async function createNamed({ database }: CommandParts, name: string) {
  const { workspace, key } = await database.orm.em.fork().transactional(async (em) => {
    const made = await createWorkspace(em, name);
    const first = { workspaceId: made.uuid, name: 'First key', scopes: [ApiKeyScope.ADMIN] };
    return { workspace: made, key: createApiKey(em, first).key };
  });
  return {
    json: { workspace: jsonOf(workspace), key },
    lines: [
      `Workspace  ${workspace.id}  (${printable(name)})`,
      `API key    ${key}  (ADMIN; shown this once)`,
    ],
  };
}

async function listWorkspaces({ database }: CommandParts) {
  const workspaces = await database.orm.em.fork().find(Workspace, {}, { orderBy: { uuid: 'asc' } });
  const rows = workspaces.map(({ id, name, createdAt }) => [id, createdAt.toISOString(), printable(name)]);
  return { json: workspaces.map(jsonOf), lines: columns([['ID', 'CREATED', 'NAME'], ...rows]) };
}

function jsonOf({ id, name, createdAt }: Workspace) {
  return { id, name, createdAt };
}
