import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLList,
  GraphQLObjectType,
  GraphQLSchema,
  visit,
} from 'graphql';

type Told = readonly unknown[];
type Answers = AsyncIterableIterator<ExecutionResult>;

// What a reader who does not read holds of them is bounded by it.
const mostAtOnce = 50;

/**
 * Makes what graphql-ws subscribes by. A stream yields what has come as an array. Each is an answer of its own, but of fields that are
 * read and not loaded many are executed in one go: to begin anew with each costs several times what is done for it.
 */
export function liveAnswers(
  schema: GraphQLSchema,
): (args: ExecutionArgs) => Promise<ExecutionResult | Answers> {
  const ofMany = answeringMany(schema);
  return async (args) => {
    const stream = (await createSourceEventStream(args)) as AsyncIterable<Told> | ExecutionResult;
    if (!(Symbol.asyncIterator in stream)) return stream;
    // Whatever is loaded may be long.
    const atOnce = asksForObjects(args.document) ? 1 : mostAtOnce;
    return answersOf(stream[Symbol.asyncIterator](), atOnce, (told) => answer(args, ofMany, told));
  };
}

/** The schema with lists of what its subscriptions tell. */
function answeringMany(schema: GraphQLSchema): GraphQLSchema {
  const root = schema.getSubscriptionType();
  if (!root) return schema;
  const { fields, ...named } = root.toConfig();
  const lists = Object.entries(fields).map(([name, field]) => [
    name,
    { ...field, type: new GraphQLList(field.type) },
  ]);
  const { types, ...config } = schema.toConfig();
  return new GraphQLSchema({
    ...config,
    types: types.filter((type) => type !== root),
    subscription: new GraphQLObjectType({ ...named, fields: Object.fromEntries(lists) }),
    assumeValid: true,
  });
}

function asksForObjects(document: DocumentNode): boolean {
  let objects = 0;
  visit(document, {
    Field: ({ selectionSet }) => {
      if (selectionSet) objects += 1;
    },
  });
  return objects > 1;
}

async function answer(args: ExecutionArgs, ofMany: GraphQLSchema, told: Told): Promise<ExecutionResult[]> {
  if (told.length > 1) {
    const { data, errors } = await execute({ ...args, schema: ofMany, rootValue: told });
    const [field] = Object.entries((data ?? {}) as Record<string, Told | null>);
    if (!errors && field?.[1]) return field[1].map((one) => ({ data: { [field[0]]: one } }));
  }
  // Where something went wrong, this tells with which of them.
  return Promise.all(told.map((one) => execute({ ...args, rootValue: one })));
}

function answersOf(
  stream: AsyncIterator<Told>,
  atOnce: number,
  answerAll: (told: Told) => Promise<ExecutionResult[]>,
): Answers {
  let told: Told = [];
  let ready: ExecutionResult[] = [];
  let isOver = false;

  async function readyMore(): Promise<void> {
    if (told.length === 0) {
      const { done, value } = await stream.next();
      isOver ||= done === true;
      told = value ?? [];
    }
    ready = await answerAll(told.slice(0, atOnce));
    told = told.slice(atOnce);
  }

  async function end(): Promise<IteratorReturnResult<undefined>> {
    isOver = true;
    await stream.return?.();
    return { done: true, value: undefined };
  }

  return {
    async next() {
      try {
        while (ready.length === 0 && !isOver) await readyMore();
      } catch (error) {
        // Whoever reads does not return what has failed.
        await end();
        throw error;
      }
      const value = isOver ? undefined : ready.shift();
      return value ? { done: false, value } : { done: true, value: undefined };
    },
    return: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
