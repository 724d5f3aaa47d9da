import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { shortened } from './shortened.js';

/** Whether an error is meant for the caller: everything that GraphQL itself or a resolver states on purpose. */
function isMeant(error: unknown): boolean {
  return (
    error instanceof GraphQLError && (!error.originalError || error.originalError instanceof GraphQLError)
  );
}

/**
 * What the client is told of an error, with the id of its request. One that was not meant for it goes to the log under an id of its
 * own too, and the client gets the ids and nothing of the cause.
 */
export function toClientError(
  error: unknown,
  log: Logger,
  requestId: string,
  formatted?: GraphQLFormattedError,
): GraphQLFormattedError {
  const told = formatted ?? (error instanceof GraphQLError ? error.toJSON() : { message: '' });
  // Apollo Server takes out `http` by itself, which is how it is told the status.
  const { stacktrace: _stacktrace, http: _http, ...extensions } = told.extensions ?? {};
  if (isMeant(error) && extensions.code !== 'INTERNAL_SERVER_ERROR') {
    return {
      ...told,
      message: shortened(told.message),
      extensions: { code: 'BAD_USER_INPUT', ...extensions, requestId },
    };
  }
  const errorId = randomUUID();
  log.error({ err: causeOf(error), requestId, errorId, path: told.path }, 'a request failed');
  return {
    message: `Something went wrong on the server. Its log has the cause under the id ${errorId}.`,
    ...(told.path ? { path: told.path } : {}),
    extensions: { code: 'INTERNAL_SERVER_ERROR', errorId, requestId },
  };
}

function causeOf(error: unknown): unknown {
  return error instanceof GraphQLError ? (error.originalError ?? error) : error;
}
