import { BREAK, type DocumentNode, GraphQLError, type ValidationRule, visit } from 'graphql';

/** Where fields stand in the answer, as far as one fragment or operation says. */
interface Place {
  times: number;
  readonly fields: Map<string, Place>;
}

/**
 * Refuses a document that asks for one field of the answer very often. The specification's own rule compares all of those with each
 * other, which takes a tenth of a second for 500; so nothing else of such a document is looked at.
 */
export function maxRepeatsRule(most: number): ValidationRule {
  return (context) => ({
    Document(document) {
      const name = repeated(document, most);
      if (name === undefined) return undefined;
      context.reportError(
        new GraphQLError(
          `The field ${name} is asked for in one place over and over; ${most} times are allowed.`,
        ),
      );
      return { ...document, definitions: [] };
    },
  });
}

function repeated(document: DocumentNode, most: number): string | undefined {
  const types = newPlace();
  let open: Place[] = [];
  let found: string | undefined;
  visit(document, {
    OperationDefinition({ operation }) {
      open = [placeIn(types, operation)];
    },
    // Fragments of one type may all come to lie in one place, those of Query in that of a query: its type has its name.
    FragmentDefinition({ typeCondition }) {
      open = [placeIn(types, typeCondition.name.value.toLowerCase())];
    },
    Field: {
      enter({ alias, name }) {
        const answered = (alias ?? name).value;
        const place = placeIn(open.at(-1) ?? types, answered);
        if (++place.times > most) {
          found = answered;
          return BREAK;
        }
        open.push(place);
        return undefined;
      },
      leave() {
        open.pop();
      },
    },
  });
  return found;
}

function placeIn({ fields }: Place, name: string): Place {
  const known = fields.get(name) ?? newPlace();
  fields.set(name, known);
  return known;
}

function newPlace(): Place {
  return { times: 0, fields: new Map() };
}
