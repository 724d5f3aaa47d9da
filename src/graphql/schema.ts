// type-graphql's decorators need it before anything of theirs is loaded.
import 'reflect-metadata';
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { AttemptResolver } from '../deliveries/attempt.resolver.js';
import { DeliveryConnectionResolver, DeliveryResolver } from '../deliveries/delivery.resolver.js';
import { EventResolver } from '../events/event.resolver.js';
import { EventTypeResolver } from '../events/event-type.resolver.js';
import { DeliveryProfileResolver } from '../subscriptions/delivery-profile.resolver.js';
import { NotificationResolver } from '../subscriptions/notification.resolver.js';
import { SubscriptionResolver } from '../subscriptions/subscription.resolver.js';
import { ApiKeyResolver } from '../workspaces/api-key.resolver.js';
import { WorkspaceResolver } from '../workspaces/workspace.resolver.js';
import { limitLongTexts } from './long-texts.js';
import { NodeResolver } from './node.resolver.js';
import { readFieldsPlainly } from './plain-fields.js';
import { DateTimeScalar } from './scalars.js';

/** Builds the schema from the classes. */
export function buildGraphqlSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [
      NodeResolver,
      WorkspaceResolver,
      ApiKeyResolver,
      EventTypeResolver,
      EventResolver,
      SubscriptionResolver,
      DeliveryProfileResolver,
      NotificationResolver,
      DeliveryResolver,
      DeliveryConnectionResolver,
      AttemptResolver,
    ],
    scalarsMap: [{ type: Date, scalar: DateTimeScalar }],
    validate: false,
    // type-graphql wants one to be there; every subscription here brings its own stream.
    pubSub: { publish: () => undefined, subscribe: () => neverAsked() },
  });
  readFieldsPlainly(schema);
  limitLongTexts(schema);
  return schema;
}

/** The schema as text, in an order that does not depend on which class is loaded first. */
export function printGraphqlSchema(schema: GraphQLSchema): string {
  return `# Generated from src by npm run schema. Do not edit.\n\n${printSchema(lexicographicSortSchema(schema))}\n`;
}

function neverAsked(): never {
  throw new TypeError('a subscription without a stream of its own');
}
