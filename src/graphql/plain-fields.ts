import { defaultFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';
import { getMetadataStorage } from 'type-graphql';

/**
 * Leaves fields that are properties or getters to graphql's own resolver, and takes what a live stream tells of for its answer.
 * type-graphql goes to each of them through arguments, middleware and promises, which cost more than all else of a live update.
 */
export function readFieldsPlainly(schema: GraphQLSchema): void {
  const { objectTypes, fieldResolvers } = getMetadataStorage();
  for (const { name, target } of objectTypes) {
    const type = schema.getType(name);
    if (!isObjectType(type)) continue;
    const resolved = fieldResolvers.filter(
      ({ kind, getObjectType }) => kind === 'external' && getObjectType?.() === target,
    );
    const names = new Set(resolved.map(({ schemaName }) => schemaName));
    for (const field of Object.values(type.getFields()))
      if (!names.has(field.name)) field.resolve = defaultFieldResolver;
  }
  for (const stream of Object.values(schema.getSubscriptionType()?.getFields() ?? {})) {
    stream.resolve = (told) => told;
  }
}
