import type { Tendril } from './tendril.js';

/** A GraphQL answer as it came over HTTP. */
export interface GraphqlAnswer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

/** Sends a document without types, for what typed ones cannot ask; with the ADMIN key unless another is given. */
export async function postGraphql(
  tendril: Tendril,
  query: string,
  o: { key?: string; variables?: Record<string, unknown> } = {},
): Promise<GraphqlAnswer> {
  const response = await fetch(`${tendril.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': o.key ?? tendril.key },
    body: JSON.stringify({ query, variables: o.variables }),
  });
  return (await response.json()) as GraphqlAnswer;
}
