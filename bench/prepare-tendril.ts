import { GraphQLClient, gql } from 'graphql-request';
import type { RunningTendril } from './tendril-keeper.js';

/** The event type that the receiver wants. */
export const heardType = 'bench.heard';
/** An event type that nobody wants. */
export const unheardType = 'bench.unheard';

interface Payload {
  readonly userErrors: readonly { readonly message: string }[];
}

/** Makes two event types and a subscription to one of them. */
export async function prepareTendril({ url, key }: RunningTendril, endpointUrl: string): Promise<void> {
  const client = new GraphQLClient(`${url}/graphql`, { headers: { Authorization: `Bearer ${key}` } });
  const answer = await client.request<Record<string, Payload>>(prepare, {
    heard: { name: heardType, description: 'Delivered to the receiver.' },
    unheard: { name: unheardType, description: 'Delivered to nobody.' },
    subscription: { endpointUrl, eventTypes: [heardType] },
  });
  const faults = Object.values(answer).flatMap(({ userErrors }) => userErrors);
  if (faults.length > 0)
    throw new Error(`Tendril cannot be prepared: ${faults.map(({ message }) => message).join('; ')}`);
}

const prepare = gql`
  mutation ($heard: CreateEventTypeInput!, $unheard: CreateEventTypeInput!, $subscription: CreateWebhookSubscriptionInput!) {
    heard: createEventType(input: $heard) { userErrors { message } }
    unheard: createEventType(input: $unheard) { userErrors { message } }
    subscription: createWebhookSubscription(input: $subscription) { userErrors { message } }
  }
`;
