// A tab that GraphiQL opens with on a first visit; its title is the name of the operation.
interface StarterTab {
  readonly query: string;
  /** JSON text, as it stands in the variables editor. */
  readonly variables: string;
}

const createWebhookSubscription: StarterTab = {
  query: `# 1 of 5: create a webhook subscription.
# Tendril will POST matching events to its endpointUrl.
#
# Put your receiver's URL into the variables below, then
# press the play button. The secret in the answer verifies
# signatures; it is shown this once and never again.

mutation CreateWebhookSubscription($input: CreateWebhookSubscriptionInput!) {
  createWebhookSubscription(input: $input) {
    subscription {
      id
      endpointUrl
      eventTypes
      status
      retryScheduleSeconds
    }
    secret
    userErrors {
      code
      message
      field
    }
  }
}
`,
  variables: json({
    input: {
      endpointUrl: 'https://example.com/webhooks',
      eventTypes: ['payout.*'],
      description: 'My first subscription',
    },
  }),
};

const watchDeliveries: StarterTab = {
  query: `# 2 of 5: watch deliveries live.
# Each change of state appears on the right, in place of
# the one before.
#
# GraphiQL ends the stream when you go to another tab:
# open a second window (link at the top right) and
# publish there.

subscription WatchDeliveries($filter: DeliveryFilter) {
  deliveryUpdated(filter: $filter) {
    id
    eventType
    status
    attemptCount
    nextAttemptAt
    lastAttempt {
      number
      outcome
      durationMs
      error
      response {
        statusCode
      }
    }
    updatedAt
    # for deliveryUpdated(after:), to go on from here
    cursor
  }
}
`,
  variables: json({ filter: { eventTypes: ['payout.*'] } }),
};

const publishEvent: StarterTab = {
  query: `# 3 of 5: publish an event.
# Every subscription that wants its type gets one delivery.
#
# Give an idempotencyKey as well, and publishing again
# within 24 hours sends nothing twice.

mutation PublishEvent($input: PublishEventInput!) {
  publishEvent(input: $input) {
    event {
      id
      type
      createdAt
    }
    deliveryCount
    duplicate
    userErrors {
      code
      message
      field
    }
  }
}
`,
  variables: json({
    input: {
      type: 'payout.paid',
      payload: { payoutId: 'po_1042', amount: 129.95, currency: 'EUR' },
    },
  }),
};

const webhookLogs: StarterTab = {
  query: `# 4 of 5: read the webhook logs, newest first.
# Each delivery comes with its event, subscription and
# attempts.
#
# Next page: give endCursor as "after". The filter knows
# status, date, status code and text as well. To see what
# was sent, add this to attempts:
# request { headers { name value } body curl }

query WebhookLogs($first: Int, $after: String, $filter: DeliveryFilter) {
  deliveries(first: $first, after: $after, filter: $filter) {
    totalCount
    nodes {
      id
      status
      failureReason
      skipReason
      nextAttemptAt
      event {
        id
        type
        payload
        createdAt
      }
      subscription {
        id
        endpointUrl
        status
      }
      attempts {
        number
        trigger
        outcome
        startedAt
        durationMs
        error
        response {
          statusCode
          body
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`,
  variables: json({ first: 20, after: null, filter: { eventTypes: ['payout.*'] } }),
};

const resendDelivery: StarterTab = {
  query: `# 5 of 5: resend a delivery.
# It is sent once more, now, whatever became of it.
#
# Put a delivery's id from the logs (dlv_...) into the
# variables below. Its subscription must be ACTIVE.

mutation ResendDelivery($id: ID!) {
  resendDelivery(id: $id) {
    delivery {
      id
      status
      attemptCount
    }
    userErrors {
      code
      message
      field
    }
  }
}
`,
  variables: json({ id: 'dlv_' }),
};

/** The main job in five steps, in the order in which one does them. */
export const starterTabs = [
  createWebhookSubscription,
  watchDeliveries,
  publishEvent,
  webhookLogs,
  resendDelivery,
] as const;

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
