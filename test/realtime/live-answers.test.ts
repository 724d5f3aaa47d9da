import { buildSchema, type ExecutionResult, parse } from 'graphql';
import { expect, test } from 'vitest';
import { liveAnswers } from '../../src/graphql/live-answers.js';

const schema = buildSchema(`
  type Query { time: Int }
  type Step { number: Int!, odd: Boolean, inner: Step }
  type Subscription { steps(from: Int): Step! }
`);

class Step {
  constructor(readonly number: number) {}
  odd = () => (this.number === 13 ? Promise.reject(new Error('thirteen')) : this.number % 2 === 1);
  inner = () => new Step(-this.number);
}

/** Yields arrays of so many steps, the last of which may fail; tells whether it was returned. */
function stepsOf(sizes: readonly number[], failure?: Error) {
  let number = 0;
  let index = 0;
  const state = { returned: false };
  const stream: AsyncIterableIterator<Step[]> = {
    async next() {
      const size = sizes[index++];
      if (size !== undefined)
        return { done: false, value: Array.from({ length: size }, () => new Step(++number)) };
      if (failure) throw failure;
      return { done: true, value: undefined };
    },
    async return() {
      state.returned = true;
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => stream,
  };
  return { stream, state };
}

async function subscribe(query: string, stream: AsyncIterable<unknown>) {
  const answers = await liveAnswers(schema)({
    schema,
    document: parse(query),
    rootValue: { steps: () => stream },
  });
  if (!(Symbol.asyncIterator in answers)) throw new Error(JSON.stringify(answers.errors));
  return answers;
}

async function all(answers: AsyncIterable<ExecutionResult>): Promise<unknown[]> {
  const read: unknown[] = [];
  for await (const answer of answers) read.push(JSON.parse(JSON.stringify(answer)));
  return read;
}

const resolveStep = schema.getSubscriptionType()?.getFields().steps;
if (resolveStep) resolveStep.resolve = (told) => told;

test('what comes at once is told one by one and in its order, however much it is', async () => {
  const { stream } = stepsOf([3, 1, 120]);
  const read = await all(await subscribe('subscription { at: steps(from: 1) { n: number odd } }', stream));
  expect(read).toHaveLength(124);
  expect(read[0]).toEqual({ data: { at: { n: 1, odd: true } } });
  expect(read.map((one) => (one as { data: { at: { n: number } } }).data.at.n)).toEqual(
    Array.from({ length: 124 }, (_, index) => index + 1),
  );
});

test('what goes wrong with one is told with that one alone, under its own path', async () => {
  const { stream } = stepsOf([20]);
  const read = await all(await subscribe('subscription { steps { number odd } }', stream));
  expect(read.map((one) => (one as ExecutionResult).errors?.length ?? 0)).toEqual(
    Array.from({ length: 20 }, (_, index) => (index === 12 ? 1 : 0)),
  );
  expect(read[12]).toMatchObject({
    data: { steps: { number: 13, odd: null } },
    errors: [{ message: 'thirteen', path: ['steps', 'odd'] }],
  });
});

test('objects are loaded for one at a time', async () => {
  const { stream } = stepsOf([3]);
  const query = 'subscription { steps { ...all } } fragment all on Step { inner { number } }';
  expect(await all(await subscribe(query, stream))).toEqual(
    [-1, -2, -3].map((number) => ({ data: { steps: { inner: { number } } } })),
  );
});

test('nothing is told once it has been returned, not even what had come', async () => {
  const { stream, state } = stepsOf([10]);
  const answers = await subscribe('subscription { steps { number } }', stream);
  await answers.next();
  await answers.return?.();
  expect(state.returned).toBe(true);
  expect(await answers.next()).toEqual({ done: true, value: undefined });
});

test('a stream that fails is returned', async () => {
  const { stream, state } = stepsOf([1], new Error('the database is away'));
  const answers = await subscribe('subscription { steps { number } }', stream);
  await expect(all(answers)).rejects.toThrow('the database is away');
  expect(state.returned).toBe(true);
});
