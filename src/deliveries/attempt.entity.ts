import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { LongText } from '../graphql/long-texts.js';
import { Node } from '../graphql/node.js';
import { toTypeId } from '../storage/typeid.js';

/** Why an attempt was made. */
export enum AttemptTrigger {
  SCHEDULE = 'SCHEDULE',
  RESEND = 'RESEND',
  REPLAY = 'REPLAY',
}

registerEnumType(AttemptTrigger, {
  name: 'AttemptTrigger',
  description: 'Why an attempt was made.',
  valuesConfig: {
    SCHEDULE: { description: 'It was due: the first attempt, or a retry on the schedule.' },
    RESEND: { description: 'Someone asked for it with resendDelivery.' },
    REPLAY: { description: 'Someone asked for many deliveries at once.' },
  },
});

/** What became of an attempt. */
export enum AttemptOutcome {
  SUCCEEDED = 'SUCCEEDED',
  REJECTED = 'REJECTED',
  TIMED_OUT = 'TIMED_OUT',
  CONNECTION_FAILED = 'CONNECTION_FAILED',
  ADDRESS_REFUSED = 'ADDRESS_REFUSED',
  INTERRUPTED = 'INTERRUPTED',
}

registerEnumType(AttemptOutcome, {
  name: 'AttemptOutcome',
  description: 'What became of an attempt.',
  valuesConfig: {
    SUCCEEDED: { description: 'The endpoint answered with a status that counts as delivered.' },
    REJECTED: { description: 'The endpoint answered with another status.' },
    TIMED_OUT: { description: 'The endpoint had not answered in full when the timeout ended.' },
    CONNECTION_FAILED: { description: 'No usable answer came: no address, no connection, a broken answer.' },
    ADDRESS_REFUSED: { description: 'The endpoint’s address may not be sent to; nothing was sent.' },
    INTERRUPTED: {
      description: 'The server stopped before the outcome was known: the endpoint may have received it.',
    },
  },
});

/** A header as sent or received. */
@ObjectType({ description: 'An HTTP header.' })
export class HttpHeader {
  @Field(() => String, { description: 'Its name, in lower case where the server wrote it.' })
  name!: string;

  @Field(() => String, { description: 'Its value.' })
  value!: string;
}

/** What the endpoint answered. */
@ObjectType({ description: 'What the endpoint answered.' })
export class AttemptResponse {
  @Field(() => Int, { description: 'The HTTP status.' })
  statusCode!: number;

  @Field(() => [HttpHeader], { description: 'The headers, as received.' })
  headers!: HttpHeader[];

  @LongText(({ body }: AttemptResponse) => body.length)
  @Field(() => String, {
    description: 'The body as UTF-8, up to 64 KiB; bytes that are no UTF-8 show as U+FFFD.',
  })
  body!: string;

  @Field(() => Boolean, { description: 'Whether the body was longer than the 64 KiB that are kept.' })
  bodyTruncated!: boolean;
}

/** A row of the table attempt, as statements select it with `attemptColumns`. */
export interface AttemptRow {
  readonly uuid: string;
  readonly workspaceId: string;
  readonly deliveryId: string;
  readonly subscriptionId: string;
  readonly number: number;
  readonly trigger: AttemptTrigger;
  readonly outcome: AttemptOutcome;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly requestUrl: string;
  readonly requestHeaders: string;
  readonly ownHeaders: Buffer | null;
  readonly statusCode: number | null;
  readonly responseHeaders: string | null;
  readonly responseBody: Buffer | null;
  readonly responseTruncated: boolean;
  readonly error: string | null;
}

/** The columns of an AttemptRow, of a table named `a`. */
export const attemptColumns = `a.id AS uuid, a.workspace_id AS "workspaceId", a.delivery_id AS "deliveryId",
  a.subscription_id AS "subscriptionId", a.number, a.trigger, a.outcome, a.started_at AS "startedAt",
  a.duration_ms AS "durationMs", a.request_url AS "requestUrl", a.request_headers AS "requestHeaders",
  a.own_headers AS "ownHeaders", a.status_code AS "statusCode", a.response_headers AS "responseHeaders",
  a.response_body AS "responseBody", a.response_truncated AS "responseTruncated", a.error`;

/** One HTTP request for a delivery. */
@ObjectType({
  implements: Node,
  description: 'One HTTP request for a delivery, with what was sent and what was answered.',
})
export class Attempt extends Node {
  @Field(() => Int, {
    description: 'Its place among the attempts of its delivery, from 1; a retry is any after the first.',
  })
  readonly number: number;

  @Field(() => AttemptTrigger, { description: 'Why it was made.' })
  readonly trigger: AttemptTrigger;

  @Field(() => AttemptOutcome, { description: 'What became of it.' })
  readonly outcome: AttemptOutcome;

  @Field(() => Date, { description: 'When it began.' })
  readonly startedAt: Date;

  @Field(() => Int, {
    description: 'Milliseconds from its begin to the end of the answer, or to what ended it.',
  })
  readonly durationMs: number;

  @Field(() => String, { nullable: true, description: 'What went wrong, for a person; null on success.' })
  readonly error: string | null;

  constructor(readonly row: AttemptRow) {
    super();
    this.number = row.number;
    this.trigger = row.trigger;
    this.outcome = row.outcome;
    this.startedAt = row.startedAt;
    this.durationMs = row.durationMs;
    this.error = row.error;
  }

  @Field(() => ID, { description: 'Its TypeID, prefix atm_.' })
  override get id(): string {
    return toTypeId('atm', this.row.uuid);
  }

  @Field(() => AttemptResponse, {
    nullable: true,
    description: 'What the endpoint answered; null when no answer came.',
  })
  get response(): AttemptResponse | null {
    const { statusCode, responseHeaders, responseBody, responseTruncated } = this.row;
    if (statusCode === null) return null;
    return {
      statusCode,
      headers: JSON.parse(responseHeaders ?? '[]') as HttpHeader[],
      body: responseBody?.toString('utf8') ?? '',
      bodyTruncated: responseTruncated,
    };
  }
}
