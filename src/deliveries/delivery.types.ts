import { ArgsType, Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ConnectionArgs, connectionType, edgeType } from '../graphql/paging.js';
import { UserError } from '../graphql/user-error.js';
import { Delivery } from './delivery.entity.js';
import { DeliveryFilter } from './delivery-filter.types.js';

/** Which end of a list comes first. */
export enum DeliveryOrder {
  NEWEST_FIRST = 'NEWEST_FIRST',
  OLDEST_FIRST = 'OLDEST_FIRST',
}

registerEnumType(DeliveryOrder, {
  name: 'DeliveryOrder',
  description: 'Which end of the logs comes first.',
  valuesConfig: {
    NEWEST_FIRST: { description: 'The delivery created last comes first.' },
    OLDEST_FIRST: {
      description: `The delivery created first comes first. Where several API processes publish, one that is still being stored may
take its place in front of those that were listed last. Who follows the end of the list and may miss none asks with a createdBefore
that lies some seconds back, further than clocks differ and a publish takes; or watches deliveryUpdated, which misses nothing.`,
    },
  },
});

/** Paging and filter of deliveries. */
@ArgsType()
export class DeliveriesArgs extends ConnectionArgs {
  @Field(() => DeliveryFilter, { nullable: true, description: 'Which deliveries; all unless given.' })
  filter?: DeliveryFilter | null;
}

/** Paging, filter and order of the webhook logs. */
@ArgsType()
export class OrderedDeliveriesArgs extends DeliveriesArgs {
  @Field(() => DeliveryOrder, {
    nullable: true,
    defaultValue: DeliveryOrder.NEWEST_FIRST,
    description: 'Which end comes first. Cursors keep their meaning only within one order.',
  })
  orderBy?: DeliveryOrder | null;
}

const DeliveryEdge = edgeType(Delivery, 'Delivery');

/** A page of deliveries. */
@ObjectType({ description: 'A page of the webhook logs.' })
export class DeliveryConnection extends connectionType(Delivery, DeliveryEdge) {
  /** Counts all that the filter fits, when it is asked for. */
  count!: () => Promise<number>;
}

/** The answer to resendDelivery. */
@ObjectType({ description: 'What became of resendDelivery.' })
export class ResendDeliveryPayload {
  @Field(() => Delivery, {
    nullable: true,
    description: 'The delivery, waiting for its attempt; null where userErrors has faults.',
  })
  delivery: Delivery | null = null;

  @Field(() => [UserError], { description: 'Why it is not sent again; empty on success.' })
  userErrors: UserError[] = [];
}

/** What is due to be sent, and not under way. */
@ObjectType({ description: 'What is due to be sent, and not under way: how far sending is behind.' })
export class Backlog {
  @Field(() => Int, {
    description: 'How many deliveries are due: exact up to 100000; more count as 100000.',
  })
  dueCount!: number;

  @Field(() => Date, {
    nullable: true,
    description: 'When the one that has been due longest became due; null where none is.',
  })
  oldestDueAt!: Date | null;

  @Field(() => Float, { description: 'For how many seconds that one has been due; 0 where none is.' })
  oldestDueSeconds!: number;
}

/** How long a bucket of statistics is. */
export enum StatsInterval {
  MINUTE = 'MINUTE',
  HOUR = 'HOUR',
  DAY = 'DAY',
}

registerEnumType(StatsInterval, {
  name: 'StatsInterval',
  description: 'How long a bucket of statistics is, in UTC.',
  valuesConfig: {
    MINUTE: { description: '60 seconds.' },
    HOUR: { description: '60 minutes.' },
    DAY: { description: '24 hours.' },
  },
});

/** The attempts of one span of time. */
@ObjectType({
  description: 'The attempts that began within one span of time; INTERRUPTED ones are left out.',
})
export class DeliveryStatsBucket {
  @Field(() => Date, { description: 'When the span begins.' })
  startsAt!: Date;

  @Field(() => Int, { description: 'How many attempts began in it.' })
  attempts!: number;

  @Field(() => Int, { description: 'How many of them succeeded.' })
  succeeded!: number;

  @Field(() => Int, { description: 'How many of them failed.' })
  failed!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Half of them took at most so many milliseconds; null without attempts.',
  })
  p50DurationMs!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: '95 % of them took at most so many milliseconds; null without attempts.',
  })
  p95DurationMs!: number | null;
}
