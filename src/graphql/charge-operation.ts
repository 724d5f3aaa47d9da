import type { GraphQLError } from 'graphql';
import type { Parts } from '../parts.js';
import type { Standing } from '../rules/rate-limit-fields.js';
import type { Caller } from '../workspaces/authenticate.js';
import { operationUses } from './operation-uses.js';
import { rateLimited } from './rate-limited.js';
import type { OperationRead } from './read-operation.js';

/**
 * Counts what an operation uses. Where something of it is over a limit it is refused as a whole: a mutation that was executed
 * in part could not tell what it had done.
 * @param bytes the length of the request, where that is known: a body in chunks does not tell it, and neither does a WebSocket
 */
export async function chargeOperation(
  { schema, document, operation, variableValues }: OperationRead,
  bytes: number | undefined,
  caller: Caller,
  { rateLimits }: Pick<Parts, 'rateLimits'>,
): Promise<{ readonly standings: readonly Standing[]; readonly refusal: GraphQLError | undefined }> {
  const bytesOfParts = () =>
    Buffer.byteLength(document.loc?.source.body ?? '') +
    Buffer.byteLength(JSON.stringify(variableValues ?? {}));
  const uses = operationUses(schema, document, operation, variableValues, () => bytes ?? bytesOfParts());
  const standings = await rateLimits.charge(caller, uses);
  return { standings, refusal: rateLimited(standings) };
}
