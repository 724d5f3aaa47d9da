import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLList,
  GraphQLObjectType,
  GraphQLSchema,
  getNullableType,
  getOperationAST,
  Kind,
  visit,
} from 'graphql';

/** What has come of a stream, oldest first. */
type Told = readonly unknown[];
type Answers = AsyncIterableIterator<ExecutionResult>;

// So many answers at most are kept for a client that does not read.
const mostAtOnce = 50;

/**
 * Makes what graphql-ws subscribes by. A stream yields what has come as an array. Each of it has an answer of its own, but many are executed
 * in one go: to begin anew with each costs several times what is done for it. Where objects are asked for it is one by one, since payloads
 * and bodies may be among them.
 */
export function liveAnswers(
  schema: GraphQLSchema,
): (args: ExecutionArgs) => Promise<ExecutionResult | Answers> {
  const schemaOfLists = withLists(schema);
  return async (args) => {
    const stream = (await createSourceEventStream(args)) as AsyncIterable<Told> | ExecutionResult;
    if (!(Symbol.asyncIterator in stream)) return stream;
    const atOnce = asksForObjects(args) ? 1 : mostAtOnce;
    return oneByOne(stream[Symbol.asyncIterator](), atOnce, (told) => executeAll(args, schemaOfLists, told));
  };
}

/** The schema with lists of what its subscriptions tell of. */
function withLists(schema: GraphQLSchema): GraphQLSchema {
  const root = schema.getSubscriptionType();
  if (!root) return schema;
  const { fields, ...named } = root.toConfig();
  const lists = Object.entries(fields).map(([name, field]) => [
    name,
    { ...field, type: new GraphQLList(getNullableType(field.type)) },
  ]);
  const { types, ...config } = schema.toConfig();
  return new GraphQLSchema({
    ...config,
    types: types.filter((type) => type !== root),
    subscription: new GraphQLObjectType({ ...named, fields: Object.fromEntries(lists) }),
    assumeValid: true,
  });
}

function asksForObjects({ document, operationName }: ExecutionArgs): boolean {
  const operation = getOperationAST(document, operationName);
  let objects = 0;
  for (const definition of document.definitions)
    if (definition === operation || definition.kind === Kind.FRAGMENT_DEFINITION)
      visit(definition, {
        Field: ({ selectionSet }) => {
          if (selectionSet) objects += 1;
        },
      });
  return objects > 1;
}

async function executeAll(
  args: ExecutionArgs,
  schemaOfLists: GraphQLSchema,
  told: Told,
): Promise<ExecutionResult[]> {
  if (told.length > 1) {
    const { data, errors } = await execute({ ...args, schema: schemaOfLists, rootValue: told });
    const [field] = Object.entries((data ?? {}) as Record<string, Told | null>);
    if (!errors && field?.[1]) return field[1].map((one) => ({ data: { [field[0]]: one } }));
  }
  // Where something went wrong, this tells with which of them.
  return Promise.all(told.map((one) => execute({ ...args, rootValue: one })));
}

/** The answers to what a stream tells of, so many of which are made at once. */
function oneByOne(
  stream: AsyncIterator<Told>,
  atOnce: number,
  answersTo: (told: Told) => Promise<ExecutionResult[]>,
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
    ready = await answersTo(told.slice(0, atOnce));
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
        await end().catch(() => undefined);
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
