import { expect } from 'vitest';
import { type ApiKeyScope, CreateApiKeyDocument } from '../../generated/operations.js';
import type { Tendril } from './tendril.js';

/** Makes another key to the workspace of an ADMIN key; with the scope ADMIN unless others are given. */
export async function newKey(
  tendril: Tendril,
  o: { scopes?: ApiKeyScope[]; adminKey?: string } = {},
): Promise<{ id: string; key: string }> {
  const input = { name: 'Another key', scopes: o.scopes ?? (['ADMIN'] as const) };
  const { createApiKey } = await tendril
    .http(o.adminKey)
    .request(CreateApiKeyDocument, { input: { ...input, scopes: [...input.scopes] } });
  expect(createApiKey.userErrors).toEqual([]);
  return { id: createApiKey.apiKey?.id ?? '', key: createApiKey.key ?? '' };
}
