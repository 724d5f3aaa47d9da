import { Migration } from '@mikro-orm/migrations';

/** The tables of the first version. */
export class Migration0001First extends Migration {
  override name = '0001-first';

  override up(): void {
    for (const statement of [...nouns, ...pipeline, ...telling]) this.addSql(statement);
  }
}

const nouns = [
  `CREATE TABLE workspace (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE TABLE api_key (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspace,
    name text NOT NULL,
    prefix text NOT NULL,
    key_hash bytea NOT NULL UNIQUE, -- SHA-256
    scopes text[] NOT NULL,
    user_name text,
    primary_user boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz
  )`,
  'CREATE INDEX api_key_by_workspace ON api_key (workspace_id, id)',
  `CREATE TABLE event_type (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspace,
    name text NOT NULL,
    description text NOT NULL,
    schema json,
    created_at timestamptz NOT NULL DEFAULT now(),
    archived_at timestamptz,
    UNIQUE (workspace_id, name)
  )`,
  `CREATE TABLE webhook_subscription (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspace,
    endpoint_url text NOT NULL,
    event_types text[] NOT NULL,
    description text,
    status text NOT NULL,
    disabled_reason text,
    profile text NOT NULL,
    signature_scheme text NOT NULL,
    public_key text,
    retry_schedule_seconds integer[], -- null: the profile's
    timeout_seconds integer NOT NULL,
    header_names text[] NOT NULL DEFAULT '{}',
    header_values bytea, -- encrypted
    filter json,
    max_attempts_per_second integer,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    revision integer NOT NULL DEFAULT 1 -- goes up with every change that a worker must know of
  )`,
  'CREATE INDEX webhook_subscription_by_workspace ON webhook_subscription (workspace_id, id) WHERE deleted_at IS NULL',
  `CREATE TABLE subscription_event_type (
    workspace_id uuid NOT NULL,
    pattern text NOT NULL, -- an exact name, group.* or *
    subscription_id uuid NOT NULL REFERENCES webhook_subscription ON DELETE CASCADE,
    PRIMARY KEY (workspace_id, pattern, subscription_id)
  )`,
  'CREATE INDEX subscription_event_type_by_subscription ON subscription_event_type (subscription_id)',
  `CREATE TABLE subscription_secret (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    subscription_id uuid NOT NULL REFERENCES webhook_subscription ON DELETE CASCADE,
    ciphertext bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz -- null: the current one
  )`,
  'CREATE INDEX subscription_secret_by_subscription ON subscription_secret (subscription_id)',
  // Goes up with every change of a workspace's event types and subscriptions, so that publishing can remember them.
  `CREATE TABLE catalogue (
    workspace_id uuid PRIMARY KEY,
    revision bigint NOT NULL
  )`,
  `CREATE FUNCTION note_catalogue_change() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO catalogue AS c (workspace_id, revision)
    SELECT DISTINCT workspace_id, 1 FROM changed ORDER BY workspace_id
    ON CONFLICT (workspace_id) DO UPDATE SET revision = c.revision + 1;
    RETURN NULL;
  END $$`,
  ...['event_type', 'webhook_subscription', 'subscription_event_type'].flatMap((table) => [
    `CREATE TRIGGER catalogue_grew AFTER INSERT ON ${table} REFERENCING NEW TABLE AS changed
     FOR EACH STATEMENT EXECUTE FUNCTION note_catalogue_change()`,
    `CREATE TRIGGER catalogue_moved AFTER UPDATE ON ${table} REFERENCING NEW TABLE AS changed
     FOR EACH STATEMENT EXECUTE FUNCTION note_catalogue_change()`,
    `CREATE TRIGGER catalogue_shrank AFTER DELETE ON ${table} REFERENCING OLD TABLE AS changed
     FOR EACH STATEMENT EXECUTE FUNCTION note_catalogue_change()`,
  ]),
];

const pipeline = [
  `CREATE TABLE event (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    type text NOT NULL,
    payload text NOT NULL, -- the exact JSON published
    idempotency_key text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id)
  ) PARTITION BY RANGE (id)`,
  `CREATE TABLE idempotency_key (
    workspace_id uuid NOT NULL,
    key text NOT NULL,
    event_id uuid NOT NULL,
    request_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, key)
  )`,
  'CREATE INDEX idempotency_key_by_age ON idempotency_key (created_at)',
  // A delivery's id begins with the first eleven bytes of its event's: an event's deliveries are one range of the key.
  `CREATE TABLE delivery (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    event_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    event_type text NOT NULL,
    status text NOT NULL,
    waiting_for uuid GENERATED ALWAYS AS (CASE WHEN status IN ('PENDING', 'RETRYING') THEN subscription_id END) STORED,
    failure_reason text,
    skip_reason text,
    attempt_count integer NOT NULL DEFAULT 0,
    retry_step integer DEFAULT 0, -- which entry of the schedule follows a failure; null: none does, a person asked for one attempt
    next_trigger text NOT NULL DEFAULT 'SCHEDULE',
    next_attempt_at timestamptz,
    leased_by integer,
    lease_until timestamptz,
    lease_epoch integer NOT NULL DEFAULT 0,
    attempt_id uuid, -- of the attempt under way, or of the last one
    attempt_started_at timestamptz,
    last_status_code integer,
    body bytea, -- where the body sent is not to be made again from the event alone
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    completed_at timestamptz,
    changed_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    changed_xmin xid8 NOT NULL DEFAULT pg_snapshot_xmin(pg_current_snapshot()),
    PRIMARY KEY (workspace_id, id)
  ) PARTITION BY RANGE (id)`,
  // A column of its own, so that no other index can be taken for this one by a plan that was made for an empty table.
  'CREATE INDEX delivery_due ON delivery (waiting_for, next_attempt_at) WHERE waiting_for IS NOT NULL',
  `CREATE INDEX delivery_sending ON delivery (lease_until) WHERE status = 'SENDING'`,
  'CREATE INDEX delivery_by_subscription ON delivery (subscription_id, id)',
  'CREATE INDEX delivery_by_change ON delivery (changed_xid, workspace_id)',
  `CREATE TABLE attempt (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    number integer NOT NULL,
    trigger text NOT NULL,
    outcome text NOT NULL,
    started_at timestamptz NOT NULL,
    duration_ms integer NOT NULL,
    request_url text NOT NULL,
    request_headers text NOT NULL, -- JSON, without the subscription's own headers
    own_headers bytea, -- those, encrypted
    status_code integer,
    response_headers text,
    response_body bytea,
    response_truncated boolean NOT NULL DEFAULT false,
    error text,
    PRIMARY KEY (workspace_id, id)
  ) PARTITION BY RANGE (id)`,
  'CREATE INDEX attempt_by_delivery ON attempt (delivery_id, number)',
  'CREATE INDEX attempt_by_subscription ON attempt (subscription_id, id)',
  // Counters stand apart from the subscription, so that its row is not rewritten with every batch.
  `CREATE TABLE subscription_counter (
    workspace_id uuid NOT NULL,
    subscription_id uuid PRIMARY KEY,
    delivered bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    last_delivery timestamptz,
    failing_since timestamptz, -- the first failure after the last success
    failures_in_a_row integer NOT NULL DEFAULT 0
  ) WITH (fillfactor = 50)`,
];

// Every statement that changes deliveries tells so, in the transaction that changes them, and all that a reader of live updates
// wants to know, so that nobody has to look anything up. A notification ends at 8,000 bytes, and a row has less than 700. A
// row that was not marked as changed is not told of: keeping a body changes no state. What is due at once wakes the workers: a
// resend of a delivery that is RETRYING too, and one taken back from a dead worker.
const telling = [
  `CREATE FUNCTION tell_delivery_changes() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_notify('delivery_changed', format('{"workspace":"%s","xid":"%s","xmin":"%s","born":%s,"rows":[%s]}',
        workspace_id, max(changed_xid::text), max(changed_xmin::text), (TG_OP = 'INSERT')::text, string_agg(line, ',' ORDER BY id)))
    FROM (
      SELECT *, sum(length(line)) OVER (PARTITION BY workspace_id ORDER BY id) / 7000 AS chunk
      FROM (
        SELECT workspace_id, id, changed_xid, changed_xmin, json_build_array(id, event_id, subscription_id, event_type, status,
          failure_reason, skip_reason, attempt_count, floor(extract(epoch FROM created_at) * 1000),
          floor(extract(epoch FROM next_attempt_at) * 1000), floor(extract(epoch FROM updated_at) * 1000),
          floor(extract(epoch FROM completed_at) * 1000), last_status_code, retry_step)::text AS line
        FROM changed WHERE changed_xid = pg_current_xact_id()
      ) lines
    ) chunks
    GROUP BY workspace_id, chunk
    ORDER BY workspace_id, chunk;
    IF EXISTS (SELECT FROM changed WHERE status = 'PENDING' OR (status = 'RETRYING' AND next_attempt_at <= now())) THEN
      PERFORM pg_notify('deliveries_due', '');
    END IF;
    RETURN NULL;
  END $$`,
  `CREATE TRIGGER delivery_born AFTER INSERT ON delivery REFERENCING NEW TABLE AS changed
   FOR EACH STATEMENT EXECUTE FUNCTION tell_delivery_changes()`,
  `CREATE TRIGGER delivery_moved AFTER UPDATE ON delivery REFERENCING NEW TABLE AS changed
   FOR EACH STATEMENT EXECUTE FUNCTION tell_delivery_changes()`,
];
