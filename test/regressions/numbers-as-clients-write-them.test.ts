import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import '../../src/rules/exact-json.js';
import { type GraphqlAnswer, postGraphql } from '../support/post-graphql.js';
import { freshEnv, startTendril, type Tendril } from '../support/tendril.js';

let tendril: Tendril;

beforeAll(async () => {
  tendril = await startTendril(await freshEnv(), { stopAfterTest: false });
});

afterAll(() => tendril.stop());

const transports: [string, (query: string, variables: Record<string, unknown>) => Promise<GraphqlAnswer>][] =
  [
    ['HTTP', (query, variables) => postGraphql(tendril, query, { variables })],
    ['WebSocket', overWebSocket],
  ];

// Numbers are kept as they are written, for payloads; wherever anything else was wanted, 1.0 was no number any more, and a failure of the server.
describe.each(transports)('a variable over %s', (_name, ask) => {
  test.each(['1.0', '1e0', '10E-1', '0.1e1'])('of the type Int may be %s', async (number) => {
    const query = 'query ($first: Int!) { deliveries(first: $first) { nodes { id } } }';
    const answer = await ask(query, { first: JSON.rawJSON(number) });
    expect(answer).toEqual({ data: { deliveries: { nodes: [] } } });
  });

  test('of an input type may have some', async () => {
    const query = 'query ($filter: DeliveryFilter) { deliveries(filter: $filter) { nodes { id } } }';
    const filter = { statusCodeFrom: JSON.rawJSON('2e2'), statusCodeTo: JSON.rawJSON('299.0') };
    expect(await ask(query, { filter })).toEqual({ data: { deliveries: { nodes: [] } } });
  });

  test.each(['1.50', '1e400', '[1.0, 2]', '{"a": 1.0}'])('of the type Int may not be %s', async (number) => {
    const query = 'query ($first: Int!) { deliveries(first: $first) { nodes { id } } }';
    const { data, errors } = await ask(query, { first: raw(number) });
    expect(data ?? null).toBeNull();
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
    expect(errors?.[0]?.message).toContain('Variable "$first": Int cannot represent non-integer value');
  });
});

/** JSON whose numbers are sent as they are written. */
function raw(text: string): unknown {
  return JSON.parse(text, (_key, value, { source } = {} as { source?: string }) =>
    typeof value === 'number' && source !== undefined ? JSON.rawJSON(source) : value,
  );
}

async function overWebSocket(query: string, variables: Record<string, unknown>): Promise<GraphqlAnswer> {
  const client = createClient({
    url: `${tendril.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { 'X-API-Key': tendril.key },
  });
  try {
    return await new Promise<GraphqlAnswer>((resolve) =>
      client.subscribe(
        { query, variables },
        {
          next: (answer) => resolve(answer as GraphqlAnswer),
          error: (errors) => resolve({ errors } as GraphqlAnswer),
          complete: () => undefined,
        },
      ),
    );
  } finally {
    await client.dispose();
  }
}
