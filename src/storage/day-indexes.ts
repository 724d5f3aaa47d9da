import { lowestUuidAt } from './typeid.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** An index that the tables of days have on their own, so that no parent is locked to make it. */
export interface DayIndex {
  readonly parent: 'event' | 'delivery' | 'attempt';
  /** What its name has behind the table's. */
  readonly suffix: string;
  /** What follows the table's name in CREATE INDEX. */
  readonly definition: string;
  /** Made once the day is over, so that publishing does not pay for it. */
  readonly onceClosed: boolean;
}

/** What finds events by their texts; by workspace too: a word that is rare in one may be in every event of the others. */
export const textDefinition = 'USING gin (workspace_id, payload gin_trgm_ops, idempotency_key gin_trgm_ops)';

/** All of them. */
export const dayIndexes: readonly DayIndex[] = [
  {
    parent: 'event',
    suffix: 'by_type',
    definition: '(workspace_id, type, id)',
    onceClosed: false,
  },
  // What went well is never in it, so that sending pays for it only where something goes wrong.
  {
    parent: 'delivery',
    suffix: 'troubled',
    definition: `(workspace_id, id, status, last_status_code, subscription_id, event_type)
      WHERE status IN ('RETRYING', 'FAILED', 'SKIPPED', 'CANCELED') OR last_status_code >= 300`,
    onceClosed: false,
  },
  {
    parent: 'event',
    suffix: 'text',
    definition: textDefinition,
    onceClosed: true,
  },
];

/** The statements that give a new, empty table of a day its indexes. */
export function bornIndexes(name: string, parent: string): string {
  return dayIndexes
    .filter((index) => index.parent === parent && !index.onceClosed)
    .map((index) => `CREATE INDEX ${name}_${index.suffix} ON ${name} ${index.definition};`)
    .join(' ');
}

/** A part of an open day that is over: its texts have an index already, which serves until the day's own is there. */
export interface SearchSlice {
  /** Its ids begin with this one, and end below `end`. */
  readonly lowest: string;
  readonly end: string;
  readonly endMs: number;
  /** What its index's name has behind the table's. */
  readonly suffix: string;
}

const sliceHours = 4;

/** The slices of a day, the earliest first. */
export function searchSlices(day: number): SearchSlice[] {
  return Array.from({ length: 24 / sliceHours }, (_, index) => {
    const startMs = day * dayMs + index * sliceHours * hourMs;
    const endMs = startMs + sliceHours * hourMs;
    return {
      lowest: lowestUuidAt(startMs),
      end: lowestUuidAt(endMs),
      endMs,
      suffix: `text_${String(index * sliceHours).padStart(2, '0')}`,
    };
  });
}

/** A search index is of use only where no policy has a say, so the owner passes this table's own wall; requests come by the parent's. */
export function letOwnerPass(table: string): string {
  return `DO $$ BEGIN
    IF (SELECT relforcerowsecurity FROM pg_class WHERE oid = '${table}'::regclass) THEN
      ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY;
    END IF;
  END $$`;
}
