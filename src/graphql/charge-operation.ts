import type { DocumentNode, GraphQLError, GraphQLSchema } from 'graphql';
import type { Parts } from '../parts.js';
import type { Standing } from '../rules/rate-limit-fields.js';
import type { Caller } from '../workspaces/authenticate.js';
import { operationUses } from './operation-uses.js';
import { rateLimited } from './rate-limited.js';

/** An operation that is about to be executed, over HTTP or WebSocket. */
export interface OperationAhead {
  readonly document: DocumentNode;
  /** What it was written as. */
  readonly query: string;
  readonly operationName?: string | null | undefined;
  /** As they came, not coerced yet. */
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  /** The length of the request, where that is known: a body in chunks does not tell it, and neither does a WebSocket. */
  readonly bytes?: number | undefined;
}

/**
 * Counts what an operation uses. Where something of it is over a limit it is refused as a whole: a mutation that was executed
 * in part could not tell what it had done.
 */
export async function chargeOperation(
  schema: GraphQLSchema,
  { document, query, operationName, variables, bytes }: OperationAhead,
  caller: Caller,
  { rateLimits }: Pick<Parts, 'rateLimits'>,
): Promise<{ readonly standings: readonly Standing[]; readonly refusal: GraphQLError | undefined }> {
  const uses = operationUses(
    schema,
    document,
    operationName,
    variables,
    () => bytes ?? Buffer.byteLength(query) + Buffer.byteLength(JSON.stringify(variables ?? {})),
  );
  const standings = await rateLimits.charge(caller, uses);
  return { standings, refusal: rateLimited(standings) };
}
