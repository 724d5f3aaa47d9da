import { type UserError, userError } from '../graphql/user-error.js';
import { isStorable, unstorable } from '../rules/storable-text.js';
import type { CreateApiKeyInput } from './api-key.types.js';

const maxNameCharacters = 255;

/** All faults of a key that is to be made at this moment. */
export function checkApiKey(input: CreateApiKeyInput, nowMs: number): UserError[] {
  return [
    ...checkName(input.name, 'name'),
    ...checkScopes(input.scopes),
    ...(typeof input.userName === 'string' ? checkName(input.userName, 'userName') : []),
    ...checkPrimaryUser(input),
    ...checkExpiry(input.expiresAt, nowMs),
  ];
}

/** The faults of a name of a key, a user or a workspace. */
export function checkName(name: string, field: 'name' | 'userName'): UserError[] {
  const characters = [...name].length;
  let fault: string | undefined;
  if (name.trim() === '') fault = `A ${field} cannot be blank.`;
  else if (!isStorable(name)) fault = `A ${field} cannot hold ${unstorable}.`;
  else if (characters > maxNameCharacters) {
    fault = `A ${field} has at most ${maxNameCharacters} characters; this one has ${characters}.`;
  }
  return fault === undefined ? [] : [userError('INVALID_NAME', fault, ['input', field])];
}

function checkScopes(scopes: readonly string[]): UserError[] {
  if (scopes.length === 0) {
    return [
      userError('INVALID_SCOPES', 'Give at least one scope: a key without any may do nothing.', [
        'input',
        'scopes',
      ]),
    ];
  }
  const twice = scopes.filter((scope, index) => scopes.indexOf(scope) !== index);
  return twice.length > 0
    ? [
        userError(
          'INVALID_SCOPES',
          `Give each scope once; ${[...new Set(twice)].join(', ')} came more often.`,
          ['input', 'scopes'],
        ),
      ]
    : [];
}

function checkPrimaryUser({ primaryUser, userName }: CreateApiKeyInput): UserError[] {
  return primaryUser && typeof userName !== 'string'
    ? [
        userError('INVALID_NAME', 'A primary user needs a name: give userName, or leave primaryUser out.', [
          'input',
          'userName',
        ]),
      ]
    : [];
}

function checkExpiry(expiresAt: Date | null | undefined, nowMs: number): UserError[] {
  return expiresAt && expiresAt.getTime() <= nowMs
    ? [
        userError('INVALID_EXPIRY', `${expiresAt.toISOString()} has passed; give a moment to come.`, [
          'input',
          'expiresAt',
        ]),
      ]
    : [];
}
