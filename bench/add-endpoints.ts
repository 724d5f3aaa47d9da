import { GraphQLClient, gql } from 'graphql-request';
import type { PublishTarget } from './publisher.js';

/** An endpoint with an event type that nobody else wants. */
export interface OwnEndpoint {
  readonly eventType: string;
  readonly subscriptionId: string;
}

interface Answer {
  readonly type: { readonly userErrors: readonly { readonly message: string }[] };
  readonly subscription: Answer['type'] & { readonly subscription: { readonly id: string } | null };
}

const atOnce = 8;

/** Adds an event type of this group, and a subscription to it, for each of these URLs. */
export async function addEndpoints(
  { url, key }: PublishTarget,
  group: string,
  endpointUrls: readonly string[],
  settings: { readonly timeoutSeconds?: number } = {},
): Promise<OwnEndpoint[]> {
  const client = new GraphQLClient(`${url}/graphql`, { headers: { Authorization: `Bearer ${key}` } });
  const made: OwnEndpoint[] = [];
  const left = [...endpointUrls];
  const one = async () => {
    for (let endpointUrl = left.pop(); endpointUrl !== undefined; endpointUrl = left.pop()) {
      const eventType = `${group}.n${left.length}`;
      const { type, subscription } = await client.request<Answer>(add, {
        type: { name: eventType, description: 'One endpoint alone wants it.' },
        subscription: { endpointUrl, eventTypes: [eventType], ...settings },
      });
      const [fault] = [...type.userErrors, ...subscription.userErrors];
      if (fault) throw new Error(`An endpoint cannot be added: ${fault.message}`);
      made.push({ eventType, subscriptionId: subscription.subscription?.id ?? '' });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return made;
}

const add = gql`
  mutation ($type: CreateEventTypeInput!, $subscription: CreateWebhookSubscriptionInput!) {
    type: createEventType(input: $type) { userErrors { message } }
    subscription: createWebhookSubscription(input: $subscription) { subscription { id } userErrors { message } }
  }
`;
