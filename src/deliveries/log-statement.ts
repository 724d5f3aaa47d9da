import { fewNamesOf } from '../events/names-of-types.js';
import { fromTypeId, lowestUuidAt } from '../storage/typeid.js';
import type { WorkspaceDatabase } from '../storage/workspace-database.js';
import { DeliveryStatus } from './delivery.entity.js';
import type { DeliveryFilter } from './delivery-filter.types.js';
import { conditionsOf, statusIn } from './filter-conditions.js';

/** Which deliveries of a workspace's log are to be read, and from which end. */
export interface LogPart {
  readonly workspaceId: string;
  /** Its search is not looked at: `searchLog` sees to that. */
  readonly filter: DeliveryFilter;
  /** Only this delivery. */
  readonly uuid?: string | undefined;
  /** Only deliveries with a lower id than this. */
  readonly below?: string | undefined;
  /** Only deliveries with a higher id than this. */
  readonly above?: string | undefined;
  readonly descending: boolean;
  readonly limit: number;
}

/** A statement being written: `bind` gives the place of a value. */
interface Draft {
  readonly conditions: string[];
  readonly values: unknown[];
  bind(value: unknown): string;
}

/**
 * The statement that reads a part of the log in its order, by an index that gives the rows in that order whatever the filter is: what
 * only a few rows fit is not looked for among all the others. `columns` are of a table delivery named `d`, its id as `uuid` among them.
 */
export async function logStatement(
  database: WorkspaceDatabase,
  part: LogPart,
  columns: string,
): Promise<{ text: string; values: unknown[] }> {
  const draft = draftOf(part);
  const order = `${part.descending ? 'DESC' : 'ASC'} LIMIT ${part.limit}`;
  const select = (more: readonly string[] = []) =>
    `(SELECT ${columns} FROM delivery d WHERE ${[...draft.conditions, ...more].join(' AND ')} ORDER BY d.id ${order})`;
  const read = await source(database, part, { draft, select });
  return { text: `SELECT part.* FROM ${read} part ORDER BY part.uuid ${order}`, values: draft.values };
}

interface Source {
  readonly draft: Draft;
  /** The rows that fit these conditions too, as a subquery. */
  select(more?: readonly string[]): string;
}

async function source(
  database: WorkspaceDatabase,
  part: LogPart,
  { draft, select }: Source,
): Promise<string> {
  const { eventIds, subscriptionIds, statuses, eventTypes } = part.filter;
  const each = (prefix: 'evt' | 'wsub', ids: readonly string[], conditions: readonly string[]) => {
    const uuids = [...new Set(ids.flatMap((id) => fromTypeId(prefix, id) ?? []))];
    return `unnest(${draft.bind(uuids)}::uuid[]) f (id) CROSS JOIN LATERAL ${select(conditions)}`;
  };
  if (eventIds) return each('evt', eventIds, ['d.event_id = f.id', rangeOf('f.id')]);
  if (isTroubled(part.filter)) return select();
  if (subscriptionIds) return each('wsub', subscriptionIds, ['d.subscription_id = f.id']);
  if (statuses) return `(${statusBranches(statuses).map(select).join(' UNION ALL ')})`;
  const types = eventTypes && (await fewNamesOf(database, part.workspaceId, eventTypes));
  return types ? byEventType(part, { draft, select }, types) : select();
}

function draftOf({ workspaceId, filter, uuid, below, above }: LogPart): Draft {
  const { conditions, values } = conditionsOf(workspaceId, filter);
  const bind = (value: unknown) => `$${values.push(value)}`;
  if (uuid) conditions.push(`d.id = ${bind(uuid)}::uuid`);
  if (below) conditions.push(`d.id < ${bind(below)}::uuid`);
  if (above) conditions.push(`d.id > ${bind(above)}::uuid`);
  return { conditions, values, bind };
}

/** The deliveries of an event `id` are one range of ids: they begin with the first eleven bytes of the event's. */
function rangeOf(id: string): string {
  return `d.id BETWEEN (left(${id}::text, 26) || '0000000000')::uuid AND (left(${id}::text, 26) || 'ffffffffff')::uuid`;
}

const { RETRYING, FAILED, SKIPPED, CANCELED, PENDING, SENDING, DELIVERED } = DeliveryStatus;
const troubled = new Set([RETRYING, FAILED, SKIPPED, CANCELED]);
const okBelow = 300;

/** Whether hardly anything fits beside what there is. */
export function isNarrow(filter: DeliveryFilter): boolean {
  const { eventIds, subscriptionIds, statuses } = filter;
  return (
    Boolean(eventIds ?? subscriptionIds) || isTroubled(filter) || !(statuses?.includes(DELIVERED) ?? true)
  );
}

/** Whether all that fits is in the index of troubled deliveries, which goes by id and holds what else can be asked for. */
function isTroubled({ statuses, statusCodeFrom }: DeliveryFilter): boolean {
  return (statuses?.every((status) => troubled.has(status)) ?? false) || (statusCodeFrom ?? 0) >= okBelow;
}

/** One condition for each index that states are found by; what is waiting or under way is little beside what is done. */
function statusBranches(statuses: readonly DeliveryStatus[]): string[][] {
  if (statuses.includes(DELIVERED) || statuses.length === 0) return [[]];
  const bad = statuses.filter((status) => troubled.has(status));
  const branches = bad.length > 0 ? [[statusIn(bad)]] : [];
  if (statuses.includes(PENDING)) branches.push([statusIn([PENDING]), 'd.waiting_for IS NOT NULL']);
  if (statuses.includes(SENDING)) branches.push([statusIn([SENDING])]);
  return branches;
}

/** Goes by the events, which an index has by their types; they and their deliveries have the same order. */
function byEventType(part: LogPart, { draft, select }: Source, eventTypes: readonly string[]): string {
  const { descending, below, above, filter } = part;
  const { createdAfter, createdBefore } = filter;
  const events = ['e.workspace_id = $1', 'e.type = f.type'];
  if (below) events.push(`e.id <= ${draft.bind(`${below.slice(0, 26)}ffffffffff`)}::uuid`);
  if (above) events.push(`e.id >= ${draft.bind(`${above.slice(0, 26)}0000000000`)}::uuid`);
  if (createdAfter) events.push(`e.id >= ${draft.bind(lowestUuidAt(createdAfter.getTime()))}::uuid`);
  if (createdBefore) events.push(`e.id < ${draft.bind(lowestUuidAt(createdBefore.getTime()))}::uuid`);
  const order = descending ? 'DESC' : 'ASC';
  return `unnest(${draft.bind(eventTypes)}::text[]) f (type) CROSS JOIN LATERAL (
    SELECT own.* FROM event e CROSS JOIN LATERAL ${select(['d.event_id = e.id', rangeOf('e.id')])} own
    WHERE ${events.join(' AND ')} ORDER BY e.id ${order}, own.uuid ${order} LIMIT ${part.limit})`;
}
