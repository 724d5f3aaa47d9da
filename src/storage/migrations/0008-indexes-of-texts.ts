import { Migration } from '@mikro-orm/migrations';

/** Search indexes had no idempotency keys. Housekeeping makes those that have them, `…_text`; until then payloads are read. */
export class Migration0008IndexesOfTexts extends Migration {
  override name = '0008-indexes-of-texts';

  override up(): void {
    this.addSql(`DO $$
      DECLARE name regclass;
      BEGIN
        FOR name IN SELECT x.oid FROM pg_inherits i JOIN pg_index n ON n.indrelid = i.inhrelid
          JOIN pg_class x ON x.oid = n.indexrelid
          WHERE i.inhparent = 'event'::regclass AND x.relname ~ '^event_[0-9]{8}_search(_[0-9]{2})?$'
        LOOP
          EXECUTE format('DROP INDEX %s', name);
        END LOOP;
      END $$`);
  }
}
