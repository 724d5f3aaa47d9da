import type { JsonSchema } from './read-schema.js';

/** An event type that every workspace has from the start. */
export interface CatalogueEntry {
  readonly name: string;
  readonly description: string;
  readonly schema?: JsonSchema;
}

const ivy: readonly CatalogueEntry[] = [
  { name: 'checkout_session.completed', description: 'A customer has completed a checkout session.' },
  {
    name: 'checkout_session.expired',
    description: 'A checkout session has expired before it was completed.',
  },
  { name: 'payout.paid', description: 'A payout has reached its bank account.' },
  { name: 'payout.failed', description: 'A payout could not be made.' },
  { name: 'refund.succeeded', description: 'A refund has reached the customer.' },
  { name: 'refund.failed', description: 'A refund could not be made.' },
];

const text = { type: 'string' };
const sentFields = ['message_id', 'to', 'from', 'subject'];

const ivymail: readonly CatalogueEntry[] = [
  {
    name: 'email.delivered',
    description: "The recipient's mail server has taken an email.",
    schema: emailSchema(sentFields, ['workspace_id']),
  },
  {
    name: 'email.bounced',
    description: "The recipient's mail server has refused an email.",
    schema: emailSchema(['message_id', 'to', 'bounce_type', 'bounce_subtype', 'diagnostic_code']),
  },
  {
    name: 'email.complained',
    description: 'The recipient has marked an email as unwanted.',
    schema: emailSchema(['message_id', 'to', 'feedback_type']),
  },
  {
    name: 'email.suppressed',
    description: 'An email was not sent, because its recipient is on the suppression list.',
    schema: emailSchema([...sentFields, 'reason'], ['workspace_id']),
  },
  {
    name: 'email.failed',
    description: 'An email could not be sent.',
    schema: emailSchema([...sentFields, 'reason'], ['workspace_id']),
  },
];

const ivvy: readonly CatalogueEntry[] = [
  { name: 'companies.created', description: 'A company has been added.' },
  { name: 'companies.updated', description: "A company's details have changed." },
  { name: 'companies.deleted', description: 'A company has been removed.' },
  { name: 'contacts.created', description: 'A contact has been added.' },
  { name: 'contacts.updated', description: "A contact's details have changed." },
  { name: 'contacts.deleted', description: 'A contact has been removed.' },
  { name: 'contacts.note_added', description: 'A note has been added to a contact.' },
  { name: 'contacts.note_updated', description: 'A note of a contact has changed.' },
  { name: 'crm.opportunity_created', description: 'A sales opportunity has been added.' },
  { name: 'crm.opportunity_updated', description: 'A sales opportunity has changed, its stage included.' },
  { name: 'crm.activity_added', description: 'An activity, such as a call or a meeting, has been added.' },
  { name: 'payments.received', description: 'A payment has been received.' },
  { name: 'payments.failed', description: 'A payment could not be taken.' },
  { name: 'payments.refunded', description: 'A payment has been paid back.' },
  { name: 'venues.booking_created', description: 'A booking of a venue has been made.' },
  { name: 'venues.booking_updated', description: 'A booking of a venue has changed.' },
  { name: 'venues.booking_cancelled', description: 'A booking of a venue has been cancelled.' },
  { name: 'events.created', description: 'An event has been set up.' },
  { name: 'events.updated', description: "An event's details have changed." },
  { name: 'events.cancelled', description: 'An event has been called off.' },
  { name: 'events.registration_added', description: 'Somebody has registered for an event.' },
];

const standard: readonly CatalogueEntry[] = [
  { name: 'invoice.created', description: 'An invoice has been made out.' },
  { name: 'invoice.paid', description: 'An invoice has been paid in full.' },
  { name: 'invoice.overdue', description: 'An invoice has not been paid by its due date.' },
  { name: 'user.created', description: 'A user has been added.' },
  { name: 'user.updated', description: "A user's details have changed." },
  { name: 'user.deleted', description: 'A user has been removed.' },
];

/** The event types of the providers that Tendril can stand in for, in the order in which a workspace lists them. */
export const defaultCatalogue: readonly CatalogueEntry[] = [...ivy, ...ivymail, ...ivvy, ...standard];

/**
 * The payload of an email event. What the delivery profile adds where it is missing (`timestamp`, `workspace_id`) may be left
 * out, and whatever else is published goes along.
 */
function emailSchema(required: readonly string[], optional: readonly string[] = []): JsonSchema {
  return {
    type: 'object',
    properties: {
      ...Object.fromEntries([...required, ...optional].map((field) => [field, text])),
      // Seconds since 1970 where the server adds it; a publisher may have it as a date-time.
      timestamp: { type: ['number', 'string'] },
    },
    required: [...required],
  };
}
