import { expect, test } from 'vitest';
import type { Context } from '../../src/graphql/context.js';
import { Mutation, Query, Subscription } from '../../src/graphql/operation.js';
import { buildGraphqlSchema } from '../../src/graphql/schema.js';
import { everyLiveOperation, everyOperation } from '../support/every-operation.js';

const schema = buildGraphqlSchema();
const operations = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap(
  (root) => Object.values(root?.getFields() ?? {}),
);

test.each(operations)(
  '$name states its scopes: in code, in its description, and in the matrix that is tried',
  ({ name, description, extensions }) => {
    const stated = extensions.scopes as readonly string[] | undefined;
    expect(stated).toBeDefined();
    const said = / Scopes? ([A-Z]+(?: or [A-Z]+)*)[.,]/.exec(description ?? '')?.[1]?.split(' or ') ?? [];
    expect(said).toEqual(stated);
    if (stated?.length === 0) expect(description).toMatch(/Any scope\.|every good key|its own query needs/);
    // An id decides over more in `node`; ADMIN is never written down there, since it always may.
    const tried = [...everyOperation, ...everyLiveOperation]
      .filter(({ field }) => field === name)
      .map(({ scopes }) => scopes);
    expect(tried).not.toEqual([]);
    if (name !== 'node')
      for (const scopes of tried) expect(scopes ?? 'any').toEqual(matrixForm(stated ?? []));
  },
);

function matrixForm(stated: readonly string[]): unknown {
  return stated.length === 0 ? 'any' : stated.filter((scope) => scope !== 'ADMIN');
}

test('an operation that states none does not compile', () => {
  const returns = () => String;
  const options = { description: 'Planted.', subscribe: async function* (_: { context: Context }) {} };
  const planted = [
    // @ts-expect-error: the scopes come first
    () => Query(returns, options),
    // @ts-expect-error: the scopes come first
    () => Mutation(returns, options),
    // @ts-expect-error: the scopes come first
    () => Subscription(returns, options),
  ];
  expect(planted).toHaveLength(3);
});
