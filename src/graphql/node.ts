import { Field, ID, InterfaceType } from 'type-graphql';

/** Whatever has an id of its own and can be had by it through `node`. */
@InterfaceType({ description: 'Anything that has an id of its own and can be asked for by it.' })
export abstract class Node {
  @Field(() => ID, {
    description:
      'A TypeID: a prefix that names the kind, and a UUIDv7, for example wsub_01h455vb4pex5vsknk084sn02q.',
  })
  get id(): string {
    throw new TypeError('every node gives its own id');
  }
}
