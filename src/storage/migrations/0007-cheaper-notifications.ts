import { Migration } from '@mikro-orm/migrations';

/** Notifications of changed deliveries, the same as before, at half the price. */
export class Migration0007CheaperNotifications extends Migration {
  override name = '0007-cheaper-notifications';

  override up(): void {
    this.addSql(tellDeliveryChanges);
  }
}

// As the sixth migration has it, but for OFFSET: without it the planner has each line made three times, for its length, the sum and the text.
const tellDeliveryChanges = `CREATE OR REPLACE FUNCTION tell_delivery_changes() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    seen text := pg_current_snapshot();
    under_way text[];
  BEGIN
    IF length(seen) > 400 THEN
      under_way := string_to_array(split_part(seen, ':', 3), ',');
      seen := concat_ws(':', split_part(seen, ':', 1), under_way[17], array_to_string(under_way[1:16], ','));
    END IF;
    PERFORM pg_notify('delivery_changed', format('{"workspace":"%s","xid":"%s","xmin":"%s","snapshot":"%s","born":%s,"rows":[%s]}',
        workspace_id, max(changed_xid::text), max(changed_xmin::text), seen, (TG_OP = 'INSERT')::text,
        string_agg(line, ',' ORDER BY id)))
    FROM (
      SELECT *, sum(length(line)) OVER (PARTITION BY workspace_id ORDER BY id) / (7000 - length(seen)) AS chunk
      FROM (
        SELECT workspace_id, id, changed_xid, changed_xmin, json_build_array(id, event_id, subscription_id, event_type, status,
          failure_reason, skip_reason, attempt_count, floor(extract(epoch FROM created_at) * 1000),
          floor(extract(epoch FROM next_attempt_at) * 1000), floor(extract(epoch FROM updated_at) * 1000),
          floor(extract(epoch FROM completed_at) * 1000), last_status_code, retry_step)::text AS line
        FROM changed WHERE changed_xid = pg_current_xact_id()
        OFFSET 0
      ) lines
    ) chunks
    GROUP BY workspace_id, chunk
    ORDER BY workspace_id, chunk;
    IF EXISTS (SELECT FROM changed WHERE status = 'PENDING' OR (status = 'RETRYING' AND next_attempt_at <= now())) THEN
      PERFORM pg_notify('deliveries_due', '');
    END IF;
    RETURN NULL;
  END $$`;
