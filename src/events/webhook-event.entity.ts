import { Field, ID, ObjectType } from 'type-graphql';
import { LongText } from '../graphql/long-texts.js';
import { Node } from '../graphql/node.js';
import { JsonScalar } from '../graphql/scalars.js';
import { parseExactJson } from '../rules/exact-json.js';
import { toTypeId } from '../storage/typeid.js';

/** A row of the table event, as statements select it with `eventColumns`. */
export interface EventRow {
  readonly uuid: string;
  readonly workspaceId: string;
  readonly type: string;
  readonly payloadText: string;
  readonly idempotencyKey: string | null;
  readonly createdAt: Date;
}

/** The columns of an EventRow, of a table named `e`. */
export const eventColumns = `e.id AS uuid, e.workspace_id AS "workspaceId", e.type, e.payload AS "payloadText",
  e.idempotency_key AS "idempotencyKey", e.created_at AS "createdAt"`;

/** A fact published once. */
@ObjectType({
  implements: Node,
  description: 'A fact that was published, once, and is delivered to every subscription that wants it.',
})
export class WebhookEvent extends Node {
  readonly uuid: string;
  readonly workspaceId: string;
  readonly payloadText: string;

  @Field(() => String, { description: 'Its event type, for example invoice.paid.' })
  readonly type: string;

  @Field(() => String, {
    nullable: true,
    description: "The publisher's own key for it; null where none was given.",
  })
  readonly idempotencyKey: string | null;

  @Field(() => Date, { description: 'When it was published.' })
  readonly createdAt: Date;

  constructor(row: EventRow) {
    super();
    this.uuid = row.uuid;
    this.workspaceId = row.workspaceId;
    this.payloadText = row.payloadText;
    this.type = row.type;
    this.idempotencyKey = row.idempotencyKey;
    this.createdAt = row.createdAt;
  }

  @Field(() => ID, {
    description: 'Its TypeID, prefix evt_; every delivery of it is sent with this as webhook-id.',
  })
  override get id(): string {
    return toTypeId('evt', this.uuid);
  }

  @LongText(({ payloadText }: WebhookEvent) => payloadText.length)
  @Field(() => JsonScalar, { description: 'What was published, number for number.' })
  get payload(): unknown {
    return parseExactJson(this.payloadText);
  }
}
