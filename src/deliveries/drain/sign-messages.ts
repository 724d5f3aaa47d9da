import DataLoader from 'dataloader';
import type { MessageSenderSource } from '../../certificates/message-sender.js';
import type { Database } from '../../storage/database.js';
import type { Statement } from '../../storage/statement.js';
import { toTypeId } from '../../storage/typeid.js';
import type { ClaimedDelivery } from './claim-due.js';
import type { Endpoint } from './endpoints.js';
import { eventOf } from './prepare-attempt.js';

// Bodies go up to a MiB, and a statement is held in memory.
const maxAtOnce = 50;

/** A delivery whose body is a signed message that has not been made yet. */
interface Unsigned {
  readonly delivery: ClaimedDelivery;
  readonly endpoint: Endpoint;
}

/** Gives a delivery its body, where that is a signed message; fails where there is no key to sign with. */
export type SignMessages = (delivery: ClaimedDelivery, endpoint: Endpoint) => Promise<ClaimedDelivery>;

/**
 * Signs the messages of deliveries that are attempted for the first time, and keeps them before they are sent: a certificate that
 * is rotated or a server that moves in between must not change what a receiver sees again. All of one tick are one statement.
 */
export function createSignMessages(database: Database, messageSender: MessageSenderSource): SignMessages {
  const bodies = new DataLoader<Unsigned, Buffer>(
    async (unsigned) => keepBodies(database, unsigned, await signAll(unsigned, messageSender)),
    { cache: false, maxBatchSize: maxAtOnce },
  );
  return async (delivery, endpoint) =>
    endpoint.profile.message === undefined || delivery.body !== null
      ? delivery
      : { ...delivery, body: await bodies.load({ delivery, endpoint }) };
}

async function signAll(unsigned: readonly Unsigned[], messageSender: MessageSenderSource): Promise<Buffer[]> {
  const sender = await messageSender();
  return Promise.all(
    unsigned.map(async ({ delivery, endpoint }) => {
      const body = await endpoint.profile.message?.({
        event: eventOf(delivery, endpoint),
        publishedBy: delivery.publishedBy === null ? null : toTypeId('key', delivery.publishedBy),
        subscriptionId: endpoint.subscriptionId,
        topic: endpoint.topic,
        sender,
      });
      return Buffer.from(body ?? '');
    }),
  );
}

/** Where another worker was earlier, its body stays, and is given back. */
async function keepBodies(
  database: Database,
  unsigned: readonly Unsigned[],
  bodies: readonly Buffer[],
): Promise<Buffer[]> {
  const kept = await database.query<{ uuid: string; body: Buffer }>(keep, [
    unsigned.map(({ delivery }) => delivery.workspaceId),
    unsigned.map(({ delivery }) => delivery.uuid),
    bodies,
  ]);
  const byUuid = new Map(kept.map(({ uuid, body }) => [uuid, body]));
  return unsigned.map(({ delivery }, index) => byUuid.get(delivery.uuid) ?? (bodies[index] as Buffer));
}

const keep: Statement = {
  name: 'keep-bodies',
  text: `UPDATE delivery d SET body = coalesce(d.body, m.body)
    FROM unnest($1::uuid[], $2::uuid[], $3::bytea[]) AS m (workspace_id, id, body)
    WHERE d.workspace_id = m.workspace_id AND d.id = m.id
    RETURNING d.id AS uuid, d.body`,
};
