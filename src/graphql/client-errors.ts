import { randomUUID } from 'node:crypto';
import { type ExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { shortened } from './shortened.js';

/** What an error asks of the answer over HTTP, as its extension `http`; nobody is told of it. */
interface HttpExtension {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The status and headers of an answer over HTTP: what its errors ask for, the last of them where they differ. Whoever is answered anything
 * is told 200: a field that was forbidden must not make it look as if nothing had been done.
 */
export function httpOf({ data, errors = [] }: ExecutionResult): Required<HttpExtension> {
  const asked = errors.flatMap(({ extensions }) =>
    extensions.http ? [extensions.http as HttpExtension] : [],
  );
  const isAnswered = Object.values(data ?? {}).some((value) => value !== null);
  // Without data nothing was executed.
  const status = (isAnswered ? undefined : asked.at(-1)?.status) ?? (data === undefined ? 400 : 200);
  return { status, headers: Object.assign({}, ...asked.map(({ headers }) => headers)) };
}

/** The result of what was refused before it was executed, or broke off. */
export function asResult(error: unknown): ExecutionResult & { readonly errors: readonly GraphQLError[] } {
  if (error instanceof GraphQLError) return { errors: [error] };
  const extensions = { http: { status: 500 } };
  return { errors: [new GraphQLError('', { originalError: error as Error, extensions })] };
}

/** Whether an error is meant for the caller: everything that GraphQL itself or a resolver states on purpose. */
function isMeant({ originalError }: GraphQLError): boolean {
  return !originalError || originalError instanceof GraphQLError;
}

/**
 * What the client is told of an error, with the id of its request. One that was not meant for it goes to the log under an id of its
 * own too, and the client gets the ids and nothing of the cause.
 */
export function toClientError(error: GraphQLError, log: Logger, requestId: string): GraphQLFormattedError {
  const told = error.toJSON();
  const { http: _http, ...extensions } = told.extensions ?? {};
  if (isMeant(error)) {
    return {
      ...told,
      message: shortened(told.message),
      extensions: { code: 'BAD_USER_INPUT', ...extensions, requestId },
    };
  }
  const errorId = randomUUID();
  log.error({ err: error.originalError ?? error, requestId, errorId, path: told.path }, 'a request failed');
  return {
    message: `Something went wrong on the server. Its log has the cause under the id ${errorId}.`,
    ...(told.path ? { path: told.path } : {}),
    extensions: { code: 'INTERNAL_SERVER_ERROR', errorId, requestId },
  };
}
