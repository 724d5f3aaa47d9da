import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Node } from '../graphql/node.js';
import { nothingFrom, type UpdateCursor, writeUpdateCursor } from '../rules/update-cursor.js';
import { toTypeId } from '../storage/typeid.js';

/** Where a delivery stands. */
export enum DeliveryStatus {
  PENDING = 'PENDING',
  SENDING = 'SENDING',
  RETRYING = 'RETRYING',
  DELIVERED = 'DELIVERED',
  FAILED = 'FAILED',
  SKIPPED = 'SKIPPED',
  CANCELED = 'CANCELED',
}

registerEnumType(DeliveryStatus, {
  name: 'DeliveryStatus',
  description: 'Where a delivery stands.',
  valuesConfig: {
    PENDING: { description: 'Not attempted yet, or to be attempted again because someone asked for it.' },
    SENDING: { description: 'An attempt is under way.' },
    RETRYING: { description: 'At least one attempt failed; nextAttemptAt says when the next one is.' },
    DELIVERED: { description: 'The endpoint has taken it.' },
    FAILED: { description: 'Given up; failureReason says why. It can be resent.' },
    SKIPPED: {
      description:
        'Not sent, and kept so that it can be: its subscription was not active when the event came or when it fell due, or its filter asked too much. skipReason says why.',
    },
    CANCELED: { description: 'Withdrawn before it was done, because its subscription was deleted.' },
  },
});

/** Why a delivery was given up. */
export enum DeliveryFailureReason {
  RETRIES_EXHAUSTED = 'RETRIES_EXHAUSTED',
  ENDPOINT_GONE = 'ENDPOINT_GONE',
  ADDRESS_NOT_ALLOWED = 'ADDRESS_NOT_ALLOWED',
}

registerEnumType(DeliveryFailureReason, {
  name: 'DeliveryFailureReason',
  description: 'Why a delivery was given up.',
  valuesConfig: {
    RETRIES_EXHAUSTED: { description: 'The last attempt of its schedule failed.' },
    ENDPOINT_GONE: { description: 'The endpoint answered 410 Gone; its subscription is disabled.' },
    ADDRESS_NOT_ALLOWED: { description: 'The endpoint’s address is not one that may be sent to.' },
  },
});

/** Why a delivery was not sent. */
export enum DeliverySkipReason {
  SUBSCRIPTION_INACTIVE = 'SUBSCRIPTION_INACTIVE',
  SUBSCRIPTION_DISABLED = 'SUBSCRIPTION_DISABLED',
  SUBSCRIPTION_UNCONFIRMED = 'SUBSCRIPTION_UNCONFIRMED',
  FILTER_TOO_COSTLY = 'FILTER_TOO_COSTLY',
}

registerEnumType(DeliverySkipReason, {
  name: 'DeliverySkipReason',
  description: 'Why a delivery was not sent.',
  valuesConfig: {
    SUBSCRIPTION_INACTIVE: { description: 'Its subscription was INACTIVE.' },
    SUBSCRIPTION_DISABLED: { description: 'Its subscription was DISABLED by the server.' },
    SUBSCRIPTION_UNCONFIRMED: { description: 'Its subscription waited for the receiver’s confirmation.' },
    FILTER_TOO_COSTLY: {
      description:
        'Its filter asks too much of this payload, so whether the event fits is not known: fewer conditions, or conditions on shorter lists, would be right. Resent, it is sent without asking the filter.',
    },
  },
});

/** A row of the table delivery, as statements select it with `deliveryColumns`. */
export interface DeliveryRow {
  readonly uuid: string;
  readonly workspaceId: string;
  readonly eventId: string;
  readonly subscriptionId: string;
  readonly eventType: string;
  readonly status: DeliveryStatus;
  readonly failureReason: DeliveryFailureReason | null;
  readonly skipReason: DeliverySkipReason | null;
  readonly attemptCount: number;
  readonly retryStep: number | null;
  readonly nextAttemptAt: Date | null;
  readonly lastStatusCode: number | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly completedAt: Date | null;
  /** The transaction of the last change, and the oldest one that was under way then; decimal digits. */
  readonly changedXid: string;
  readonly changedXmin: string;
}

/** The columns of a DeliveryRow, of a table named `d`. */
export const deliveryColumns = `d.id AS uuid, d.workspace_id AS "workspaceId", d.event_id AS "eventId",
  d.subscription_id AS "subscriptionId", d.event_type AS "eventType", d.status, d.failure_reason AS "failureReason",
  d.skip_reason AS "skipReason", d.attempt_count AS "attemptCount", d.retry_step AS "retryStep",
  d.next_attempt_at AS "nextAttemptAt", d.last_status_code AS "lastStatusCode", d.created_at AS "createdAt",
  d.updated_at AS "updatedAt", d.completed_at AS "completedAt", d.changed_xid::text AS "changedXid",
  d.changed_xmin::text AS "changedXmin"`;

/** What an UPDATE of deliveries sets besides its own, so that the change has its place in the stream of updates. */
export const markChanged =
  'updated_at = now(), changed_xid = pg_current_xact_id(), changed_xmin = pg_snapshot_xmin(pg_current_snapshot())';

/** One event owed to one subscription. */
@ObjectType({
  implements: Node,
  description: 'One event owed to one subscription, with all that became of it.',
})
export class Delivery extends Node {
  readonly uuid: string;
  readonly workspaceId: string;
  readonly eventId: string;
  readonly subscriptionId: string;
  readonly retryStep: number | null;
  readonly lastStatusCode: number | null;
  /** Where this state stands in the stream of updates. */
  readonly position: UpdateCursor;

  @Field(() => DeliveryStatus, { description: 'Where it stands.' })
  readonly status: DeliveryStatus;

  @Field(() => DeliveryFailureReason, {
    nullable: true,
    description: 'Why it was given up; null while status is not FAILED.',
  })
  readonly failureReason: DeliveryFailureReason | null;

  @Field(() => DeliverySkipReason, {
    nullable: true,
    description: 'Why it was not sent; null while status is not SKIPPED.',
  })
  readonly skipReason: DeliverySkipReason | null;

  @Field(() => String, { description: "Its event's type, for example invoice.paid." })
  readonly eventType: string;

  @Field(() => Int, { description: 'How many attempts were made, the one under way included.' })
  readonly attemptCount: number;

  @Field(() => Date, { nullable: true, description: 'When the next attempt is due; null where none is.' })
  readonly nextAttemptAt: Date | null;

  @Field(() => Date, { description: 'When its event was published.' })
  readonly createdAt: Date;

  @Field(() => Date, { description: 'When its state last changed.' })
  readonly updatedAt: Date;

  @Field(() => Date, {
    nullable: true,
    description: 'When it was done: DELIVERED, FAILED, SKIPPED or CANCELED; null while it is not.',
  })
  readonly completedAt: Date | null;

  /** Without a `position` it stands where its last change was, and whoever was under way then counts as not told. */
  constructor(row: DeliveryRow, position?: UpdateCursor) {
    super();
    this.uuid = row.uuid;
    this.workspaceId = row.workspaceId;
    this.eventId = row.eventId;
    this.subscriptionId = row.subscriptionId;
    this.retryStep = row.retryStep;
    this.lastStatusCode = row.lastStatusCode;
    this.position = position ?? {
      seen: nothingFrom(row.changedXmin),
      xid: row.changedXid,
      uuid: row.uuid,
      workspaceId: row.workspaceId,
    };
    this.status = row.status;
    this.failureReason = row.failureReason;
    this.skipReason = row.skipReason;
    this.eventType = row.eventType;
    this.attemptCount = row.attemptCount;
    this.nextAttemptAt = row.nextAttemptAt;
    this.createdAt = row.createdAt;
    this.updatedAt = row.updatedAt;
    this.completedAt = row.completedAt;
  }

  @Field(() => ID, { description: 'Its TypeID, prefix dlv_.' })
  override get id(): string {
    return toTypeId('dlv', this.uuid);
  }

  @Field(() => String, {
    description:
      'Where this state stands in the stream of updates: give it to deliveryUpdated(after:) to go on from here.',
  })
  get cursor(): string {
    return writeUpdateCursor(this.position);
  }
}
