import { type Page, type PageRequest, pageOf } from '../graphql/paging.js';
import { toTypeId } from '../storage/typeid.js';
import type { WorkspaceDatabase } from '../storage/workspace-database.js';
import { Delivery, type DeliveryRow, deliveryColumns } from './delivery.entity.js';
import type { DeliveryFilter } from './delivery-filter.types.js';
import { conditionsOf } from './filter-conditions.js';
import { countDeliveries, countedUpTo, listDeliveries } from './list-deliveries.js';

/** What is asked of the webhook logs of one subscription. */
export interface LogAsked {
  readonly workspaceId: string;
  /** The subscription's. */
  readonly uuid: string;
  readonly filter: DeliveryFilter;
  readonly request: PageRequest;
}

/** Pages of the logs of many subscriptions, newest first; those that differ in the subscription alone are one statement. */
export async function listSubscriptionLogs(
  database: WorkspaceDatabase,
  asked: readonly LogAsked[],
): Promise<Page<Delivery>[]> {
  return forEachAlike(asked, async ({ workspaceId, filter, request }, uuids) => {
    if (filter.search) {
      const pages = await ofEach(filter, uuids, (own) =>
        listDeliveries(database, workspaceId, own, request, true),
      );
      return (uuid) => pages.get(uuid) ?? pageOf(request, []);
    }
    const { conditions, values } = conditionsOf(workspaceId, filter);
    const bind = (value: unknown) => `$${values.push(value)}`;
    if (request.afterUuid) conditions.push(`d.id < ${bind(request.afterUuid)}::uuid`);
    if (request.beforeUuid) conditions.push(`d.id > ${bind(request.beforeUuid)}::uuid`);
    const direction = request.backwards ? 'ASC' : 'DESC';
    const text = `SELECT page.* FROM unnest(${bind(uuids)}::uuid[]) AS s (id) CROSS JOIN LATERAL (
        SELECT ${deliveryColumns} FROM delivery d WHERE ${conditions.join(' AND ')} AND d.subscription_id = s.id
        ORDER BY d.id ${direction} LIMIT ${bind(request.size + 1)}) page
      ORDER BY page.uuid ${direction}`;
    const rows = await database.query<DeliveryRow>({ text }, values);
    const bySubscription = Map.groupBy(
      rows.map((row) => new Delivery(row)),
      (delivery) => delivery.subscriptionId,
    );
    return (uuid) => pageOf(request, bySubscription.get(uuid) ?? []);
  });
}

/** How many deliveries of each subscription a filter fits, exact up to 10000; more count as 10000. */
export async function countSubscriptionLogs(
  database: WorkspaceDatabase,
  asked: readonly LogAsked[],
): Promise<number[]> {
  return forEachAlike(asked, async ({ workspaceId, filter }, uuids) => {
    if (filter.search) {
      const counts = await ofEach(filter, uuids, (own) => countDeliveries(database, workspaceId, own));
      return (uuid) => counts.get(uuid) ?? 0;
    }
    const { conditions, values } = conditionsOf(workspaceId, filter);
    const text = `SELECT s.id AS uuid, (SELECT count(*)::integer FROM (
        SELECT FROM delivery d WHERE ${conditions.join(' AND ')} AND d.subscription_id = s.id
        LIMIT ${countedUpTo}) counted) AS count
      FROM unnest($${values.push(uuids)}::uuid[]) AS s (id)`;
    const rows = await database.query<{ uuid: string; count: number }>({ text }, values);
    const counts = new Map(rows.map(({ uuid, count }) => [uuid, count]));
    return (uuid) => counts.get(uuid) ?? 0;
  });
}

/** A search goes by the days of the whole log, so each subscription has one of its own; one after the other, not all of the connections at once. */
async function ofEach<Answer>(
  filter: DeliveryFilter,
  uuids: readonly string[],
  read: (own: DeliveryFilter) => Promise<Answer>,
): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>();
  for (const uuid of uuids) {
    const id = toTypeId('wsub', uuid);
    const isAsked = filter.subscriptionIds?.includes(id) ?? true;
    answers.set(uuid, await read({ ...filter, subscriptionIds: isAsked ? [id] : [] }));
  }
  return answers;
}

/** Reads once for all that ask alike, and gives each the answer for its subscription, in the order in which they asked. */
async function forEachAlike<Answer>(
  asked: readonly LogAsked[],
  read: (alike: LogAsked, uuids: string[]) => Promise<(uuid: string) => Answer>,
): Promise<Answer[]> {
  const alikeness = ({ uuid: _, ...rest }: LogAsked) => JSON.stringify(rest);
  const readings = new Map(
    [...Map.groupBy(asked, alikeness)].map(([key, [first, ...others]]) => {
      const uuids = [...new Set([first, ...others].flatMap((one) => one?.uuid ?? []))];
      return [key, first && read(first, uuids)] as const;
    }),
  );
  return Promise.all(
    asked.map(async (one) => {
      const answerFor = await readings.get(alikeness(one));
      if (!answerFor) throw new TypeError('nothing was read for what was asked');
      return answerFor(one.uuid);
    }),
  );
}
