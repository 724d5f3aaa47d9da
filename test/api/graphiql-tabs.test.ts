import { readFileSync } from 'node:fs';
import { buildSchema, getOperationAST, getVariableValues, parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { starterTabs } from '../../graphiql/starter-tabs.js';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
const tabs = starterTabs.map((tab, index) => {
  const operation = getOperationAST(parse(tab.query));
  return { ...tab, number: index + 1, name: operation?.name?.value, operation };
});

describe('the tabs that GraphiQL opens with', () => {
  test('go through the main job in order', () => {
    expect(tabs.map((tab) => tab.name)).toEqual([
      'CreateWebhookSubscription',
      'WatchDeliveries',
      'PublishEvent',
      'WebhookLogs',
      'ResendDelivery',
    ]);
  });

  test.each(tabs)('$name is valid against the schema', ({ query }) => {
    expect(validate(schema, parse(query))).toEqual([]);
  });

  test.each(tabs)('$name comes with variables of the right types', ({ operation, variables }) => {
    const declared = operation?.variableDefinitions ?? [];
    const given = JSON.parse(variables);

    expect(getVariableValues(schema, declared, given).errors).toBeUndefined();
    expect(Object.keys(given)).toEqual(declared.map((definition) => definition.variable.name.value));
  });

  test.each(tabs)('$name says on its first line which step it is and what it does', ({ query, number }) => {
    expect(query).toMatch(new RegExp(`^# ${number} of ${tabs.length}: [a-z].+\\.`));
  });
});
