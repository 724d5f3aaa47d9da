import type { FilledLog } from './fill-log.js';

/** A page of the log that is asked for. */
export interface LogQuestion {
  readonly what: string;
  readonly list: 'deliveries' | 'events';
  /** The list's arguments, as GraphQL. */
  readonly args: string;
  /** p95, milliseconds. */
  readonly atMostMs: number;
}

const dayMs = 86_400_000;
const pageMs = 100;
const searchMs = 1000;

/** What people ask a log: each filter with what is frequent and what is rare, alone and together, from either end. */
export function logQuestions(log: FilledLog): LogQuestion[] {
  const at = (daysAgo: number) => JSON.stringify(new Date(log.nowMs - daysAgo * dayMs));
  const middle = Math.floor(log.days / 2);
  const filtered = (what: string, filter: string, atMostMs = pageMs): LogQuestion => ({
    what,
    list: 'deliveries',
    args: `first: 50, filter: { ${filter} }`,
    atMostMs,
  });
  const page = (what: string, args: string): LogQuestion => ({
    what,
    list: 'deliveries',
    args,
    atMostMs: pageMs,
  });
  const search = (what: string, text: string, more = '') =>
    filtered(`search: ${what}`, `search: ${JSON.stringify(text)} ${more}`, searchMs);
  const events = (what: string, filter: string, atMostMs = pageMs): LogQuestion => ({
    ...filtered(`events: ${what}`, filter, atMostMs),
    list: 'events',
  });
  const searchEvents = (what: string, text: string, more = '') =>
    events(`search: ${what}`, `search: ${JSON.stringify(text)} ${more}`, searchMs);
  return [
    page('the first page', 'first: 50'),
    page('the last page', 'last: 50'),
    page('the oldest first', 'first: 50, orderBy: OLDEST_FIRST'),
    filtered('deep inside, by date', `createdBefore: ${at(middle)}`),
    page(
      'deep inside, by date, the oldest first',
      `first: 50, orderBy: OLDEST_FIRST, filter: { createdAfter: ${at(middle)} }`,
    ),
    filtered('an hour of one day', `createdAfter: ${at(middle)}, createdBefore: ${at(middle - 1 / 24)}`),
    filtered('status DELIVERED', 'statuses: [DELIVERED]'),
    filtered('status FAILED', 'statuses: [FAILED]'),
    filtered('status CANCELED, 0.02 %', 'statuses: [CANCELED]'),
    filtered('status PENDING, a handful', 'statuses: [PENDING]'),
    filtered('status SENDING, none', 'statuses: [SENDING]'),
    filtered('status RETRYING or FAILED', 'statuses: [RETRYING, FAILED]'),
    page(
      'status RETRYING, the oldest first',
      'first: 50, orderBy: OLDEST_FIRST, filter: { statuses: [RETRYING] }',
    ),
    filtered('status code 500 to 599', 'statusCodeFrom: 500, statusCodeTo: 599'),
    filtered('status code 502, on one day', 'statusCodeFrom: 502, statusCodeTo: 502'),
    filtered('status code 418, never', 'statusCodeFrom: 418, statusCodeTo: 418'),
    filtered('the busiest subscription', `subscriptionIds: ["${log.busiest}"]`),
    filtered('the idlest subscription', `subscriptionIds: ["${log.idlest}"]`),
    filtered('two subscriptions', `subscriptionIds: ["${log.busiest}", "${log.idlest}"]`),
    filtered('the busiest subscription, FAILED', `subscriptionIds: ["${log.busiest}"], statuses: [FAILED]`),
    filtered('the idlest subscription, CANCELED', `subscriptionIds: ["${log.idlest}"], statuses: [CANCELED]`),
    filtered('one event', `eventIds: ["${log.event}"]`),
    filtered('event type, frequent', 'eventTypes: ["invoice.created"]'),
    filtered('event type, a dozen of them', 'eventTypes: ["audit.exported"]'),
    filtered('event type, none', 'eventTypes: ["never.published"]'),
    filtered('a group of event types', 'eventTypes: ["payout.*"]'),
    filtered('a group of event types, FAILED', 'eventTypes: ["payout.*"], statuses: [FAILED]'),
    filtered(
      'a rare event type, before a date',
      `eventTypes: ["audit.exported"], createdBefore: ${at(middle)}`,
    ),
    search('a word in six payloads', 'quetzalcoatl'),
    search('a word of one day', 'Zanzibar'),
    search('a word in half of them', 'EUR'),
    search('part of an id', 'a3f9c01d2'),
    search('an email-like text that is nowhere', 'nobody@nowhere.example'),
    search('two words in a row', 'conjotenor jone dicon'),
    search('a number', 'R-4711-'),
    search('part of an endpoint URL', 'customer-117.example'),
    search('a rare word, FAILED', 'quetzalcoatl', ', statuses: [FAILED]'),
    search('a frequent word, CANCELED', 'usd', ', statuses: [CANCELED]'),
    search('a rare word, one subscription', 'quetzalcoatl', `, subscriptionIds: ["${log.busiest}"]`),
    search('a rare word, before a date', 'quetzalcoatl', `, createdBefore: ${at(middle)}`),
    events('deep inside, by date', `createdBefore: ${at(middle)}`),
    events('event type, a dozen of them', 'types: ["audit.exported"]'),
    searchEvents('a word in six payloads', 'quetzalcoatl'),
    searchEvents('a word in half of them', 'EUR'),
    searchEvents('an idempotency key', 'order-4711-'),
    searchEvents('what is nowhere', 'nobody@nowhere.example'),
    searchEvents('a frequent word, a rare event type', 'usd', ', types: ["audit.exported"]'),
    searchEvents('a rare word, a frequent event type', 'quetzalcoatl', ', types: ["invoice.*"]'),
  ];
}
