import type { GraphQLClient } from 'graphql-request';
import { CreateWebhookSubscriptionDocument, PublishEventDocument } from '../generated/operations.js';
import { type ExampleEndpoint, events } from './examples.js';

/** Subscribes an endpoint at a URL, and gives back the secret that verifies its signatures. */
export async function subscribe(
  client: GraphQLClient,
  endpoint: ExampleEndpoint,
  endpointUrl: string,
): Promise<string> {
  const { createWebhookSubscription } = await client.request(CreateWebhookSubscriptionDocument, {
    input: { ...endpoint.subscription, endpointUrl, description: endpoint.name },
  });
  refuse(createWebhookSubscription.userErrors);
  return createWebhookSubscription.secret ?? '';
}

/** Publishes the examples one after the other, and gives back how many deliveries they led to. */
export async function publishExamples(client: GraphQLClient): Promise<number> {
  let deliveries = 0;
  for (const input of events) {
    const { publishEvent } = await client.request(PublishEventDocument, { input });
    refuse(publishEvent.userErrors);
    deliveries += publishEvent.deliveryCount;
  }
  return deliveries;
}

function refuse(userErrors: readonly { readonly code: string; readonly message: string }[]): void {
  if (userErrors.length > 0)
    throw new Error(userErrors.map(({ code, message }) => `${code}: ${message}`).join(' '));
}
