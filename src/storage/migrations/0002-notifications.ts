import { Migration } from '@mikro-orm/migrations';

/** What subscriptions that the receiver confirms need: certificates, confirmations, notification endpoints. */
export class Migration0002Notifications extends Migration {
  override name = '0002-notifications';

  override up(): void {
    for (const statement of statements) this.addSql(statement);
  }
}

const statements = [
  `CREATE TABLE certificate (
    id uuid PRIMARY KEY,
    certificate text NOT NULL, -- X.509, PEM
    private_key bytea, -- PKCS #8, PEM, encrypted; null once it signs no more
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  'CREATE UNIQUE INDEX certificate_current ON certificate ((true)) WHERE private_key IS NOT NULL',
  `ALTER TABLE webhook_subscription
    ADD COLUMN confirmed_url text, -- the endpoint URL whose receiver has confirmed; null: none has
    ADD COLUMN notification_endpoint text, -- null: not made by subscribeToNotifications
    ADD COLUMN subscribed_by uuid -- the API key that subscribed the notification endpoint`,
  `CREATE UNIQUE INDEX webhook_subscription_by_notification_endpoint
   ON webhook_subscription (workspace_id, notification_endpoint) WHERE deleted_at IS NULL AND notification_endpoint IS NOT NULL`,
  `CREATE TABLE confirmation (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    subscription_id uuid NOT NULL REFERENCES webhook_subscription ON DELETE CASCADE,
    type text NOT NULL, -- SubscriptionConfirmation or UnsubscribeConfirmation
    url text NOT NULL, -- where it is sent, and what it confirms
    token_hash bytea NOT NULL UNIQUE, -- SHA-256
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    request bytea, -- what is sent, encrypted, since it holds the token; null once it need not be sent any more
    schedule_seconds integer[] NOT NULL,
    retry_step integer NOT NULL DEFAULT 0,
    attempt_count integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now() -- while an attempt is under way: when it counts as lost
  )`,
  'CREATE INDEX confirmation_due ON confirmation (next_attempt_at) WHERE request IS NOT NULL',
  'CREATE INDEX confirmation_by_subscription ON confirmation (subscription_id)',
  'ALTER TABLE event ADD COLUMN published_by uuid', // the API key
  // As in the first migration, but a row that was not marked as changed is not told of: keeping a body changes no state.
  `CREATE OR REPLACE FUNCTION tell_delivery_changes() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_notify('delivery_changed', json_build_object(
        'workspace', c.workspace_id, 'xid', max(c.changed_xid::text), 'xmin', max(c.changed_xmin::text),
        'rows', json_agg(json_build_array(c.id, c.status, c.failure_reason, c.skip_reason, c.attempt_count,
          extract(epoch FROM c.next_attempt_at) * 1000, extract(epoch FROM c.updated_at) * 1000,
          extract(epoch FROM c.completed_at) * 1000, c.last_status_code, c.retry_step) ORDER BY c.id))::text)
    FROM (
      SELECT *, (row_number() OVER (PARTITION BY workspace_id ORDER BY id) - 1) / 40 AS chunk
      FROM changed WHERE changed_xid = pg_current_xact_id()
    ) c
    GROUP BY c.workspace_id, c.chunk
    ORDER BY c.workspace_id, c.chunk;
    IF EXISTS (SELECT FROM changed WHERE status = 'PENDING' OR (status = 'RETRYING' AND next_attempt_at <= now())) THEN
      PERFORM pg_notify('deliveries_due', '');
    END IF;
    RETURN NULL;
  END $$`,
];
