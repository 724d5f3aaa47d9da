// The decorators of the entities need it before they are loaded.
import 'reflect-metadata';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createLoaders } from '../../src/deliveries/loaders.js';
import { EventType } from '../../src/events/event-type.entity.js';
import { openDatabase } from '../../src/storage/database.js';
import { fromTypeId } from '../../src/storage/typeid.js';
import { WebhookSubscription } from '../../src/subscriptions/webhook-subscription.entity.js';
import { ApiKey } from '../../src/workspaces/api-key.entity.js';
import { Workspace } from '../../src/workspaces/workspace.entity.js';
import { deliveryIds, publish, subscribe } from '../support/main-operations.js';
import { startReceiver } from '../support/receiver.js';
import { addWorkspace } from '../support/second-workspace.js';
import { freshEnv, startTendril } from '../support/tendril.js';

// One statement answers all that one tick asks for; its rows used to go to everybody who named their uuid.
test("a look-up of another workspace's row finds nothing, even while its owner looks it up in the same tick", async () => {
  const env = await freshEnv();
  const tendril = await startTendril(env);
  const otherKey = await addWorkspace(env, 'other');
  const { url } = await startReceiver();
  const subscription = await subscribe(tendril, { endpointUrl: url, eventTypes: ['payout.paid'] });
  const event = await publish(tendril, 'payout.paid');
  const [delivery = ''] = await deliveryIds(tendril, { eventIds: [event] });
  const workspaceOf = async (key: string) => {
    const { viewer } = await tendril.http(key).request<Viewer>('{ viewer { workspace { id } } }');
    return fromTypeId('ws', viewer.workspace.id) ?? '';
  };
  const owner = await workspaceOf(tendril.key);
  const stranger = await workspaceOf(otherKey);
  await expect
    .poll(async () =>
      JSON.stringify(await tendril.http().request(`{ delivery(id: "${delivery}") { status } }`)),
    )
    .toContain('DELIVERED');

  const log = pino({ level: 'silent' });
  const database = await openDatabase(
    env.DATABASE_URL ?? '',
    [Workspace, ApiKey, EventType, WebhookSubscription],
    log,
  );
  const loaders = createLoaders(database);
  const uuids = [
    ['subscription', fromTypeId('wsub', subscription.id)],
    ['event', fromTypeId('evt', event)],
    ['delivery', fromTypeId('dlv', delivery)],
    ['attempts', fromTypeId('dlv', delivery)],
    ['eventDeliveries', fromTypeId('evt', event)],
  ] as const;
  for (const [loader, uuid = ''] of uuids) {
    const [before, own, after] = await Promise.all(
      [stranger, owner, stranger].map((workspaceId) => loaders[loader].load({ workspaceId, uuid })),
    );
    expect([loader, own]).not.toEqual([loader, nothing(loader)]);
    expect([loader, before, after]).toEqual([loader, nothing(loader), nothing(loader)]);
  }
  // And one whose look-up fails takes nobody else's along.
  const failing = createLoaders({
    ofWorkspace: (id) => {
      const own = database.ofWorkspace(id);
      return id === owner ? own : { ...own, query: () => Promise.reject(new Error('planted')) };
    },
  });
  const uuid = fromTypeId('dlv', delivery) ?? '';
  const [ofStranger, ofOwner] = await Promise.allSettled(
    [stranger, owner].map((workspaceId) => failing.delivery.load({ workspaceId, uuid })),
  );
  expect(ofStranger).toMatchObject({ status: 'rejected', reason: { message: 'planted' } });
  expect(ofOwner).toMatchObject({ status: 'fulfilled', value: { uuid } });
  await database.close();
});

interface Viewer {
  viewer: { workspace: { id: string } };
}

function nothing(loader: string): null | [] {
  return loader === 'attempts' || loader === 'eventDeliveries' ? [] : null;
}
