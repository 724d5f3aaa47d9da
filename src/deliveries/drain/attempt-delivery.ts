import type { HttpClient } from '../../dialer/http-client.js';
import { afterAttempt, hasSucceeded } from '../../rules/delivery-states.js';
import { describeOutcome } from '../../rules/outcome.js';
import type { Encryption } from '../../storage/encryption.js';
import type { ClaimedDelivery } from './claim-due.js';
import type { Endpoint } from './endpoints.js';
import { prepareAttempt } from './prepare-attempt.js';
import type { EndedAttempt } from './record-attempts.js';

/** What an attempt is made with. */
export interface AttemptParts {
  readonly encryption: Encryption;
  readonly httpClient: HttpClient;
}

/** Prepare → send → judge: makes one attempt and gives what is to be recorded, with its outcome and verdict. */
export async function attemptDelivery(
  { encryption, httpClient }: AttemptParts,
  delivery: ClaimedDelivery,
  endpoint: Endpoint,
): Promise<EndedAttempt> {
  const { request, openHeaders } = prepareAttempt(delivery, endpoint, Date.now());
  const result = await httpClient.send(request);
  const { outcome } = result;
  const succeeded = hasSucceeded(outcome, endpoint.policy);
  return {
    delivery,
    url: request.url,
    requestHeaders: JSON.stringify(Object.entries(openHeaders).map(([name, value]) => ({ name, value }))),
    ownHeaders: sealOwnHeaders(delivery, endpoint, encryption),
    result,
    verdict: afterAttempt(delivery.retryStep, outcome, endpoint.policy, Date.now(), Math.random()),
    succeeded,
    error: describeOutcome(outcome, succeeded),
  };
}

function sealOwnHeaders(
  delivery: ClaimedDelivery,
  endpoint: Endpoint,
  encryption: Encryption,
): Buffer | null {
  if (endpoint.ownHeaders.length === 0) return null;
  const place = { workspaceId: delivery.workspaceId, rowId: delivery.attemptId };
  return encryption.encrypt(JSON.stringify(endpoint.ownHeaders), place);
}
