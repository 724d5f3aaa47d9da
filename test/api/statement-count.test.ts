import { expect, test } from 'vitest';
import { DeliveriesDocument, PublishEventsDocument } from '../../generated/operations.js';
import { eventually } from '../support/eventually.js';
import { subscribe } from '../support/main-operations.js';
import { startReceiver } from '../support/receiver.js';
import { countStatements, type StatementCounter } from '../support/statement-counter.js';
import { freshEnv, startTendril, type Tendril } from '../support/tendril.js';

const subscriptions = 5;
const events = 60;

test('a page of 250 takes as many statements as a page of 5, and few, whatever is asked of its entries', async () => {
  const env = await freshEnv();
  const worker = await startTendril(env);
  await fillLog(worker);
  // An API process alone says nothing of its own to the database but the little that a retry of the count leaves out.
  const counter = await countStatements(env.DATABASE_URL ?? '');
  // Without limits there are no uses to settle every second, in which a slow machine answers nothing.
  const limits = { REQUESTS_PER_MINUTE: '0' };
  const api = await startTendril({ ...env, ...limits, DATABASE_URL: counter.url, ROLE: 'api' });
  const http = api.http();

  const whole = `id status eventType attemptCount createdAt plannedAttempts cursor
    event { id payload deliveries { id status } }
    subscription { id endpointUrl deliveryCount failureCount lastDelivery errorRate headers { name } profile { name } }
    attempts { ${attempt} } lastAttempt { ${attempt} }`;
  const lists: [name: string, selection: string, sizes: [number, number]][] = [
    ['deliveries', whole, [5, 250]],
    ['deliveries', 'id status', [5, 250]],
    ['deliveries(filter: { search: "amount" })', 'id event { id }', [5, 250]],
    ['events', `id payload deliveries { ${whole} }`, [2, events]],
    [
      'webhookSubscriptions',
      'id deliveryCount failureCount lastDelivery errorRate headers { value }',
      [1, 5],
    ],
    ['webhookSubscriptions', `id deliveries(first: 3) { totalCount nodes { id ${whole} } }`, [1, 5]],
  ];
  for (const [name, selection, [few, many]] of lists) {
    const query = (first: number) => {
      const list = name.includes('(') ? name.replace(')', `, first: ${first})`) : `${name}(first: ${first})`;
      return `{ ${list} { nodes { ${selection} } } }`;
    };
    const ofFew = await leastStatements(counter, () => http.request(query(few)));
    const ofMany = await leastStatements(counter, () => http.request(query(many)));
    expect([name, selection, ofMany]).toEqual([name, selection, ofFew]);
    expect(ofMany).toBeGreaterThan(0);
    expect(ofMany).toBeLessThanOrEqual(16);
  }
});

const attempt = `id number outcome request { url body curl headers { name value } } response { statusCode body }`;

/** The least of several counts: now and then a statement of the background comes in between. */
async function leastStatements(counter: StatementCounter, ask: () => Promise<unknown>): Promise<number> {
  const counts: number[] = [];
  for (let time = 0; time < 4; time += 1) {
    const before = counter.count();
    await ask();
    counts.push(counter.count() - before);
  }
  return Math.min(...counts);
}

/** Makes 300 deliveries, most of them DELIVERED, some of those at the second attempt, and some still RETRYING. */
async function fillLog(tendril: Tendril): Promise<void> {
  const receiver = await startReceiver(({ path }, earlier, response) => {
    const fails = path === '/broken' || (path === '/second' && earlier < 30);
    response.writeHead(fails ? 503 : 200).end('answered');
  });
  for (const path of ['/a', '/b', '/c', '/second', '/broken']) {
    const retryPolicy = { scheduleSeconds: path === '/second' ? [1, 1] : [3600] };
    const headers = [{ name: 'x-path', value: path }];
    await subscribe(tendril, {
      endpointUrl: `${receiver.url}${path}`,
      eventTypes: ['payout.*'],
      retryPolicy,
      headers,
    });
  }
  const batch = Array.from({ length: events }, (_, amount) => ({ type: 'payout.paid', payload: { amount } }));
  await tendril.http().request(PublishEventsDocument, { events: batch });
  const delivered = events * (subscriptions - 1);
  await eventually(async () => {
    const filter = { statuses: ['DELIVERED' as const] };
    return (await tendril.http().request(DeliveriesDocument, { filter })).deliveries.totalCount === delivered;
  });
}
