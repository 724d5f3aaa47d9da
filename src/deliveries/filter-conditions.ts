import { typeIn } from '../events/names-of-types.js';
import { likePattern, payloadPattern } from '../rules/like-pattern.js';
import { fromTypeId, lowestUuidAt } from '../storage/typeid.js';
import { DeliveryStatus } from './delivery.entity.js';
import type { DeliveryFilter } from './delivery-filter.types.js';

/** What a filter but its search means in SQL over a table delivery named `d`; values are bound, never written into the text. */
export function conditionsOf(
  workspaceId: string,
  filter: DeliveryFilter,
): { conditions: string[]; values: unknown[] } {
  const values: unknown[] = [workspaceId];
  const conditions = ['d.workspace_id = $1'];
  const add = (given: unknown, condition: (place: string) => string) => {
    if (given === undefined || given === null) return;
    conditions.push(condition(`$${values.push(given)}`));
  };
  const uuids = (prefix: 'wsub' | 'evt', ids: string[] | null | undefined) =>
    ids?.flatMap((id) => fromTypeId(prefix, id) ?? []);
  add(uuids('wsub', filter.subscriptionIds), (place) => `d.subscription_id = ANY (${place}::uuid[])`);
  add(uuids('evt', filter.eventIds), (place) => `d.event_id = ANY (${place}::uuid[])`);
  if (filter.eventTypes)
    conditions.push(typeIn('d.event_type', filter.eventTypes, (value) => `$${values.push(value)}`));
  if (filter.statuses) conditions.push(statusIn(filter.statuses));
  // Said in the text and not by a value, so that the planner sees that the index of troubled deliveries has them all.
  if ((filter.statusCodeFrom ?? 0) >= 300) conditions.push('d.last_status_code >= 300');
  add(filter.statusCodeFrom, (place) => `d.last_status_code >= ${place}`);
  add(filter.statusCodeTo, (place) => `d.last_status_code <= ${place}`);
  add(
    filter.createdAfter && lowestUuidAt(filter.createdAfter.getTime()),
    (place) => `d.id >= ${place}::uuid`,
  );
  add(
    filter.createdBefore && lowestUuidAt(filter.createdBefore.getTime()),
    (place) => `d.id < ${place}::uuid`,
  );
  addEventRange(filter.eventIds, conditions, values);
  return { conditions, values };
}

/** Written into the text and not bound, so that the planner sees which partial index it fits. */
export function statusIn(statuses: readonly DeliveryStatus[]): string {
  const known = statuses.filter((status) => status in DeliveryStatus);
  return known.length === 0 ? 'false' : `d.status IN (${known.map((status) => `'${status}'`).join(', ')})`;
}

/** An event's deliveries are one range of ids, so one event asked for is found by the key. */
function addEventRange(eventIds: string[] | null | undefined, conditions: string[], values: unknown[]): void {
  const uuid = eventIds?.length === 1 ? fromTypeId('evt', eventIds[0] ?? '') : undefined;
  if (uuid === undefined) return;
  values.push(`${uuid.slice(0, 26)}0000000000`, `${uuid.slice(0, 26)}ffffffffff`);
  conditions.push(`d.id BETWEEN $${values.length - 1}::uuid AND $${values.length}::uuid`);
}

/** The same for a search, over what its values are added to. */
export function searchCondition(search: string, values: unknown[]): string {
  if (search.includes('\0')) return 'false';
  values.push(likePattern(search), payloadPattern(search));
  const url = `$${values.length - 1}`;
  const payload = `$${values.length}`;
  const alternatives = [
    `EXISTS (SELECT FROM webhook_subscription s WHERE s.id = d.subscription_id AND s.endpoint_url ILIKE ${url})`,
    `EXISTS (SELECT FROM event e WHERE e.workspace_id = d.workspace_id AND e.id = d.event_id AND e.payload ILIKE ${payload})`,
  ];
  for (const [prefix, column] of [
    ['dlv', 'd.id'],
    ['evt', 'd.event_id'],
  ] as const) {
    const uuid = fromTypeId(prefix, search.trim());
    if (uuid) alternatives.push(`${column} = $${values.push(uuid)}::uuid`);
  }
  return `(${alternatives.join(' OR ')})`;
}
