import { Migration } from '@mikro-orm/migrations';

/** What a next version might bring that takes strong locks for long: tables that are written anew, and indexes over them. */
class MigrationPlanted extends Migration {
  override name = '9001-planted';

  override up(): void {
    this.addSql('ALTER TABLE webhook_subscription ADD COLUMN planted text');
    this.addSql('ALTER TABLE event ADD COLUMN planted uuid NOT NULL DEFAULT gen_random_uuid()');
    this.addSql('ALTER TABLE delivery ADD COLUMN planted uuid NOT NULL DEFAULT gen_random_uuid()');
    this.addSql('ALTER TABLE attempt ADD COLUMN planted uuid NOT NULL DEFAULT gen_random_uuid()');
    this.addSql('CREATE INDEX delivery_planted ON delivery (planted)');
    this.addSql('CREATE INDEX attempt_planted ON attempt (planted)');
    // As if the tables were large.
    this.addSql('SELECT pg_sleep(1.5)');
  }
}

// Loaded before the server's own modules, which are the built ones.
const { allMigrations } = await import(
  new URL('../../dist/src/storage/migrations/all.js', import.meta.url).href
);
allMigrations.push(MigrationPlanted);
