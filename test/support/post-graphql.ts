import type { Tendril } from './tendril.js';

/** A GraphQL answer as it came over HTTP. */
export interface GraphqlAnswer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly AnsweredError[];
}

interface AnsweredError {
  readonly message: string;
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
  readonly extensions: { readonly code: string };
}

interface Asked {
  readonly key?: string;
  readonly variables?: Record<string, unknown>;
  readonly headers?: Record<string, string>;
}

/** Sends a document without types, for what typed ones cannot ask; with the ADMIN key unless another is given. */
export async function postGraphql(tendril: Tendril, query: string, o: Asked = {}): Promise<GraphqlAnswer> {
  return (await (await respondGraphql(tendril, query, o)).json()) as GraphqlAnswer;
}

/** The same, with the status and the headers of the answer. */
export function respondGraphql(tendril: Tendril, query: string, o: Asked = {}): Promise<Response> {
  return fetch(`${tendril.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': o.key ?? tendril.key, ...o.headers },
    body: JSON.stringify({ query, variables: o.variables }),
  });
}
