import { type Page, type PageRequest, pageOf } from '../graphql/paging.js';
import { likePattern, payloadPattern } from '../rules/like-pattern.js';
import { fromTypeId } from '../storage/typeid.js';
import type { WorkspaceDatabase } from '../storage/workspace-database.js';
import type { WebhookEventFilter } from './event.types.js';
import { fewNamesOf, typeIn } from './names-of-types.js';
import { type Span, searchByText, spanOf } from './search-by-text.js';
import { type EventRow, eventColumns, WebhookEvent } from './webhook-event.entity.js';

type Database = Pick<WorkspaceDatabase, 'query' | 'eventSearch'>;

/** A page of a workspace's events, newest first. */
export async function listEvents(
  database: Database,
  workspaceId: string,
  filter: WebhookEventFilter,
  request: PageRequest,
): Promise<Page<WebhookEvent>> {
  const { types, search, createdAfter, createdBefore } = filter;
  const ends = { above: request.beforeUuid, below: request.afterUuid, createdAfter, createdBefore };
  const span = { ...spanOf(ends), descending: !request.backwards, limit: request.size + 1 };
  const names = types && (await fewNamesOf(database, workspaceId, types));
  const list = { database, workspaceId, types, names };
  const found = search ? among(await searchEvents(list, span, search)) : undefined;
  const rows = await read<EventRow>(list, select(list, span, eventColumns, found));
  return pageOf(
    request,
    rows.map((row) => new WebhookEvent(row)),
  );
}

/** The events of some types, or of all. */
interface EventList {
  readonly database: Database;
  readonly workspaceId: string;
  readonly types: string[] | null | undefined;
  /** What `types` name, where that is little. */
  readonly names: readonly string[] | null | undefined;
}

interface Statement {
  readonly text: string;
  readonly values: unknown[];
}

/** A condition in SQL on a table event named `e`; `bind` gives the place of a value. */
type Condition = (bind: (value: unknown) => string) => string;

/** The statement that reads the first events of a span. */
function select({ workspaceId, types, names }: EventList, span: Span, columns: string, more?: Condition) {
  const values: unknown[] = [workspaceId];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const conditions = [
    'e.workspace_id = $1',
    `e.id > ${bind(span.above)}::uuid`,
    `e.id < ${bind(span.below)}::uuid`,
  ];
  if (more) conditions.push(more(bind));
  if (types && !names) conditions.push(typeIn('e.type', types, bind));
  const inOrder = `${span.descending ? 'DESC' : 'ASC'} LIMIT ${span.limit}`;
  const own = (of: readonly string[] = []) =>
    `SELECT ${columns} FROM event e WHERE ${[...conditions, ...of].join(' AND ')} ORDER BY e.id ${inOrder}`;
  // An index has the events of each type in their order: what is rare is not looked for among all the others.
  const text = names
    ? `SELECT own.* FROM unnest(${bind(names)}::text[]) f (type) CROSS JOIN LATERAL (${own(['e.type = f.type'])}) own
        ORDER BY own.uuid ${inOrder}`
    : own();
  return { text, values };
}

function read<Row>({ database }: EventList, { text, values }: Statement): Promise<Row[]> {
  return database.query<Row>({ text }, values);
}

const among =
  (uuids: readonly string[]): Condition =>
  (bind) =>
    `e.id = ANY (${bind(uuids)}::uuid[])`;

/** The first events of a span that have this text in their payload or idempotency key, and the one whose id it is. */
async function searchEvents(list: EventList, span: Span, search: string): Promise<string[]> {
  if (search.includes('\0')) return [];
  const patterns = { payload: payloadPattern(search), idempotencyKey: likePattern(search) };
  const fits: Condition = (bind) =>
    `(e.payload ILIKE ${bind(patterns.payload)} OR e.idempotency_key ILIKE ${bind(patterns.idempotencyKey)})`;
  const readIds = (part: Span, condition: Condition) =>
    read<{ uuid: string }>(list, select(list, part, 'e.id AS uuid', condition));
  const found = await searchByText(
    {
      database: list.database,
      text: search,
      patterns,
      list: {
        look: async (part) => {
          const { text, values } = select(list, part, 'e.id AS uuid, e.payload, e.idempotency_key');
          const condition = fits((value) => `$${values.push(value)}`);
          return { text: `SELECT e.uuid, ${condition} AS fits FROM (${text}) e`, values };
        },
        read: (part) => readIds(part, fits),
        ofEvents: (part, events) => readIds(part, among(events)),
      },
    },
    span,
  );
  const uuid = fromTypeId('evt', search.trim());
  return [...(uuid ? [uuid] : []), ...found.map((row) => row.uuid)];
}
