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
];
