import type { CreateWebhookSubscriptionInput, PublishEventInput } from '../generated/operations.js';

/** An endpoint of the demo's receiver, and the subscription that is made for it. */
export interface ExampleEndpoint {
  /** Its path at the receiver, and the subscription's description. */
  readonly name: string;
  /** How often it fails for each event before it takes it. */
  readonly failures: number;
  readonly subscription: Omit<CreateWebhookSubscriptionInput, 'endpointUrl' | 'description'>;
}

/** Three customers: a shop that listens to payments, a mailer to email events, and a ledger that has a bad day. */
export const endpoints: readonly ExampleEndpoint[] = [
  {
    name: 'shop',
    failures: 0,
    subscription: { eventTypes: ['checkout_session.*', 'payout.*', 'refund.*'], profile: 'IVY' },
  },
  { name: 'mailer', failures: 0, subscription: { eventTypes: ['email.*'], profile: 'IVYMAIL' } },
  {
    name: 'ledger',
    failures: 2,
    subscription: {
      eventTypes: ['payout.paid', 'refund.failed', 'email.bounced'],
      // The profile's own schedule begins with 5 seconds and 5 minutes: too long for a demo.
      retryPolicy: { scheduleSeconds: [1, 1, 2] },
    },
  },
];

/** What is published, in this order. */
export const events: readonly PublishEventInput[] = [
  {
    type: 'checkout_session.completed',
    payload: { id: 'cs_5521', order: 'A-1042', amount: 129.95, currency: 'EUR' },
  },
  { type: 'payout.paid', payload: { id: 'po_1042', amount: 2481.1, currency: 'EUR', reference: 'week 47' } },
  {
    type: 'refund.failed',
    payload: { id: 're_77', order: 'A-0998', amount: 19.99, reason: 'account closed' },
  },
  {
    type: 'email.delivered',
    payload: {
      message_id: 'msg_01',
      to: 'ada@example.com',
      from: 'shop@example.net',
      subject: 'Your order A-1042 is on its way',
    },
  },
  {
    type: 'email.bounced',
    payload: {
      message_id: 'msg_02',
      to: 'nobody@example.com',
      bounce_type: 'Permanent',
      bounce_subtype: 'General',
      diagnostic_code: 'smtp; 550 5.1.1 user unknown',
    },
  },
  {
    type: 'email.complained',
    payload: { message_id: 'msg_03', to: 'grace@example.com', feedback_type: 'abuse' },
  },
];
