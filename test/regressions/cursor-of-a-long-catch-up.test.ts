import { Client } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { DeliveriesDocument, PublishEventsDocument } from '../../generated/operations.js';
import { fromTypeId } from '../../src/storage/typeid.js';
import { eventually } from '../support/eventually.js';
import { followUpdates } from '../support/follow-updates.js';
import { deliveryIds, publish, subscribe } from '../support/main-operations.js';
import { freshEnv, startTendril } from '../support/tendril.js';

const type = 'payout.paid';
const changed =
  'updated_at = now(), changed_xid = pg_current_xact_id(), changed_xmin = pg_snapshot_xmin(pg_current_snapshot())';

// A stream that goes on behind a cursor reads what has changed in pages of 500. What was committed between two pages was told live,
// after them; but a cursor of the second page already claimed that it had been told.
test('a reader that breaks off on the second page of what it has missed is told, afterwards, what was committed since the first', async () => {
  const env = await freshEnv();
  const tendril = await startTendril(env);
  await subscribe(tendril, { endpointUrl: 'http://127.0.0.1:9999/', eventTypes: [type], status: 'INACTIVE' });
  const [late = ''] = await deliveryIds(tendril, { eventIds: [await publish(tendril, type)] });
  const [early = ''] = await deliveryIds(tendril, { eventIds: [await publish(tendril, type)] });
  const start = await cursorOf(early);
  const slow = await connect();
  const quick = await connect();
  const change = `UPDATE delivery SET status = 'CANCELED', ${changed} WHERE id = $1`;
  await slow.query('BEGIN');
  await slow.query(change, [fromTypeId('dlv', late)]);
  const events = Array.from({ length: 600 }, () => ({ type, payload: 0 }));
  await tendril.http().request(PublishEventsDocument, { events });
  const [last = ''] = await deliveryIds(tendril, {});

  // The deliveries' payloads are looked up one after the other, which takes the first page some time.
  const query = `subscription ($after: String) { deliveryUpdated(after: $after) { id status cursor event { payload } } }`;
  const told: { id: string; status: string; cursor: string }[] = [];
  const first = tendril
    .ws()
    .iterate<{ deliveryUpdated: (typeof told)[number] }>({ query, variables: { after: start } });
  for await (const { data } of first) {
    if (!data) continue;
    told.push(data.deliveryUpdated);
    if (told.length === 1) {
      await slow.query('COMMIT');
      await quick.query(change, [fromTypeId('dlv', last)]);
    }
    if (data.deliveryUpdated.id === last && data.deliveryUpdated.status === 'CANCELED') break;
  }
  expect(told.length).toBeGreaterThan(500);

  const resumed = await followUpdates(tendril.ws(), { after: told.at(-1)?.cursor ?? '' });
  await eventually(() =>
    [...told, ...resumed.updates].some(({ id, status }) => id === late && status === 'CANCELED'),
  );

  async function cursorOf(id: string): Promise<string> {
    const { deliveries } = await tendril.http().request(DeliveriesDocument, { filter: { search: id } });
    return deliveries.nodes[0]?.cursor ?? '';
  }

  async function connect(): Promise<Client> {
    const client = new Client({ connectionString: env.DATABASE_URL });
    await client.connect();
    onTestFinished(() => client.end());
    return client;
  }
});
