import { Migration } from '@mikro-orm/migrations';

/** How far the attempts of each subscription with a rate have been planned, for all workers together. */
export class Migration0004AttemptRate extends Migration {
  override name = '0004-attempt-rate';

  override up(): void {
    for (const statement of statements) this.addSql(statement);
  }
}

// A row that lacked would keep its subscription from being sent to, so the database sees to it: there is one as soon as there
// is a rate, whoever sets it. It stays when the rate goes.
const statements = [
  `CREATE TABLE attempt_rate (
    workspace_id uuid NOT NULL,
    subscription_id uuid PRIMARY KEY REFERENCES webhook_subscription ON DELETE CASCADE,
    last_start_at timestamptz NOT NULL DEFAULT '-infinity' -- when the last attempt that was claimed is to begin
  ) WITH (fillfactor = 50)`,
  `CREATE FUNCTION keep_attempt_rate() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO attempt_rate (workspace_id, subscription_id) VALUES (NEW.workspace_id, NEW.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
  END $$`,
  `CREATE TRIGGER subscription_rated AFTER INSERT OR UPDATE OF max_attempts_per_second ON webhook_subscription
   FOR EACH ROW WHEN (NEW.max_attempts_per_second IS NOT NULL) EXECUTE FUNCTION keep_attempt_rate()`,
  `INSERT INTO attempt_rate (workspace_id, subscription_id)
   SELECT workspace_id, id FROM webhook_subscription WHERE max_attempts_per_second IS NOT NULL`,
];
