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
  // By workspace too: a word that is rare in one workspace may be in every event of the others.
  {
    parent: 'event',
    suffix: 'search',
    definition: 'USING gin (workspace_id, payload gin_trgm_ops, idempotency_key gin_trgm_ops)',
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
