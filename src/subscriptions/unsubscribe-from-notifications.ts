import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { UserError } from '../graphql/user-error.js';
import type { Parts } from '../parts.js';
import { ivvy } from '../profiles/ivvy.js';
import type { Caller } from '../workspaces/authenticate.js';
import { addConfirmation, isConfirmed, withSender } from './add-confirmation.js';
import { markDeleted } from './delete-subscription.js';
import {
  NotificationEndpoint,
  type NotificationEndpointInput,
  type NotificationUnsubscribeResult,
  UnsubscribeResult,
} from './notification.types.js';
import { checkNamedOnce, findNotificationEndpoint } from './notification-endpoints.js';

type UnsubscribeParts = Pick<Parts, 'settleUnsendable' | 'encryption' | 'messageSender' | 'log'>;

/** Ends the subscriptions of notification endpoints, each for itself; tells of each of the six what became of it. */
export async function unsubscribeFromNotifications(
  parts: UnsubscribeParts,
  em: EntityManager,
  caller: Caller,
  inputs: readonly NotificationEndpointInput[],
): Promise<{ results: NotificationUnsubscribeResult[]; errors: UserError[] }> {
  const errors = checkNamedOnce(inputs);
  if (errors.length > 0) return { results: [], errors };
  const ready = await withSender(parts, ivvy.name);
  const results: NotificationUnsubscribeResult[] = [];
  for (const endpoint of Object.values(NotificationEndpoint)) {
    const input = inputs.find((one) => one.endpoint === endpoint);
    const result = input
      ? await unsubscribeOrFail(ready, em, caller, input)
      : UnsubscribeResult.NOT_REQUESTED;
    results.push({ endpoint, result, code: Object.values(UnsubscribeResult).indexOf(result) + 1 });
  }
  // Once here, so that the caller sees it; what is too much for once, the sweep settles.
  if (results.some(({ result }) => result === UnsubscribeResult.SUCCESS)) await parts.settleUnsendable();
  return { results, errors };
}

/** What goes wrong with one endpoint keeps none of the others back. */
async function unsubscribeOrFail(
  parts: UnsubscribeParts,
  em: EntityManager,
  caller: Caller,
  input: NotificationEndpointInput,
): Promise<UnsubscribeResult> {
  try {
    return await em.transactional((tx) => unsubscribeOne(parts, tx, caller, input));
  } catch (error) {
    parts.log.error(
      { err: error, endpoint: input.endpoint },
      'a notification endpoint could not be unsubscribed',
    );
    return UnsubscribeResult.UNKNOWN_ERROR;
  }
}

async function unsubscribeOne(
  parts: UnsubscribeParts,
  tx: EntityManager,
  { workspaceId, apiKeyId }: Caller,
  { endpoint, url }: NotificationEndpointInput,
): Promise<UnsubscribeResult> {
  const found = await findNotificationEndpoint(tx, workspaceId, endpoint, LockMode.PESSIMISTIC_WRITE);
  if (!found || found.endpointUrl !== url) return UnsubscribeResult.NOT_FOUND;
  if (found.subscribedBy !== apiKeyId) return UnsubscribeResult.INCORRECT_SOURCE;
  if (!isConfirmed(found)) return UnsubscribeResult.STATUS_NOT_CONFIRMED;
  // Made first: the message is signed with the secrets that go with the subscription.
  await addConfirmation(parts, tx, found, 'UnsubscribeConfirmation');
  await markDeleted(tx, found);
  return UnsubscribeResult.SUCCESS;
}
