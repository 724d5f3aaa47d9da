import { authorization, post } from './api.js';

/** What the server says of the key in the field. */
export type KeyCheck =
  | { kind: 'missing' }
  | { kind: 'asking' }
  | { kind: 'accepted'; workspace: string; key: string; scopes: readonly string[] }
  | { kind: 'refused'; message: string }
  | { kind: 'unreachable' };

interface ViewerData {
  viewer: { workspace: { name: string }; apiKey: { name: string; scopes: string[] } };
}

const query = 'query Viewer { viewer { workspace { name } apiKey { name scopes } } }';

/** Asks the server whose key this is; '' is missing without asking. Never rejects. */
export async function checkKey(apiKey: string): Promise<KeyCheck> {
  if (apiKey === '') return { kind: 'missing' };
  try {
    const { data, errors } = await post({ query }, authorization(apiKey));
    if (data == null)
      return { kind: 'refused', message: errors?.[0]?.message ?? 'The server gave no reason.' };
    const { viewer } = data as unknown as ViewerData;
    return {
      kind: 'accepted',
      workspace: viewer.workspace.name,
      key: viewer.apiKey.name,
      scopes: viewer.apiKey.scopes,
    };
  } catch {
    return { kind: 'unreachable' };
  }
}
