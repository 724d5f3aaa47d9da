import { UniqueConstraintViolationException } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { type UserError, userError } from '../graphql/user-error.js';
import { isEventTypeName } from '../rules/event-types.js';
import { withPlainNumbers } from '../rules/exact-json.js';
import { isStorable, unstorable } from '../rules/storable-text.js';
import { newUuid } from '../storage/typeid.js';
import { checkSchema } from './check-schema.js';
import { EventType } from './event-type.entity.js';
import type { CreateEventTypeInput } from './event-type.types.js';

const maxDescriptionCharacters = 1000;

type Created = { eventType: EventType } | { errors: UserError[] };

/** Adds an event type to the workspace's catalogue, or tells all faults of the input. */
export async function createEventType(
  em: EntityManager,
  workspaceId: string,
  input: CreateEventTypeInput,
): Promise<Created> {
  const errors = [
    ...checkName(input.name),
    ...checkDescription(input.description),
    ...checkGivenSchema(input.schema),
  ];
  const exists =
    isEventTypeName(input.name) && (await em.count(EventType, { workspaceId, name: input.name })) > 0;
  if (exists) errors.unshift(eventTypeExists(input.name));
  if (errors.length > 0) return { errors };
  try {
    // In a transaction, and so an entity manager, of its own: what fails leaves nothing behind.
    return await em.transactional(async (tx) => {
      const eventType = tx.create(EventType, {
        uuid: newUuid(),
        workspaceId,
        name: input.name,
        description: input.description,
        schema: withPlainNumbers(input.schema ?? null),
      } as EventType);
      await tx.persist(eventType).flush();
      return { eventType };
    });
  } catch (error) {
    // Somebody else made it since it was looked for.
    if (error instanceof UniqueConstraintViolationException) return { errors: [eventTypeExists(input.name)] };
    throw error;
  }
}

function eventTypeExists(name: string): UserError {
  return userError('EVENT_TYPE_EXISTS', `The catalogue already has an event type "${name}".`, [
    'input',
    'name',
  ]);
}

function checkName(name: string): UserError[] {
  if (isEventTypeName(name)) return [];
  const shown = name.length > 300 ? `${name.slice(0, 300)}…` : name;
  const fault = `"${shown}" is no event type name: that is two or more parts of letters, digits, _ and -, with dots between, at most 255 characters, for example invoice.paid.`;
  return [userError('INVALID_EVENT_TYPE_NAME', fault, ['input', 'name'])];
}

function checkDescription(description: string): UserError[] {
  const characters = [...description].length;
  let fault: string | undefined;
  if (description.trim() === '') fault = 'A description cannot be blank: say what has happened.';
  else if (!isStorable(description)) fault = `A description cannot hold ${unstorable}.`;
  else if (characters > maxDescriptionCharacters) {
    fault = `A description has at most ${maxDescriptionCharacters} characters; this one has ${characters}.`;
  }
  return fault === undefined ? [] : [userError('INVALID_DESCRIPTION', fault, ['input', 'description'])];
}

function checkGivenSchema(schema: unknown): UserError[] {
  if (schema === undefined || schema === null) return [];
  const faults = checkSchema(schema);
  return faults.map((fault) => userError('INVALID_SCHEMA', fault, ['input', 'schema']));
}
