import { defaultFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';
import { Extensions } from 'type-graphql';
import { badInput } from './paging.js';

// An answer is put together as a whole, held until its reader has read it, and costs some four times this much while it is made.
const maxMebibytes = 16;

/** Marks a field as a text that others sent, be it long: `length` tells of its object how many characters it has. */
export function LongText<Source>(length: (source: Source) => number): PropertyDecorator & MethodDecorator {
  return Extensions({ length });
}

/** Refuses answers with more of long texts than can be held for many readers at once. */
export function limitLongTexts(schema: GraphQLSchema): void {
  const taken = new WeakMap<object, number>();
  const fields = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .flatMap((type) => Object.values(type.getFields()));
  for (const field of fields) {
    const { length } = field.extensions;
    if (typeof length !== 'function') continue;
    const { resolve = defaultFieldResolver } = field;
    field.resolve = (source, args, context, info) => {
      // These are made anew for each execution, and so for each update of a stream.
      const execution = info.variableValues;
      const characters = (taken.get(execution) ?? 0) + length(source);
      if (characters > maxMebibytes * 1024 * 1024)
        throw badInput(
          `This answer would have more than ${maxMebibytes} MiB of payloads and bodies: ask for smaller pages, and for each of them once.`,
        );
      taken.set(execution, characters);
      return resolve(source, args, context, info);
    };
  }
}
