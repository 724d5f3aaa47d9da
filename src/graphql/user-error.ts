import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { shortened } from './shortened.js';

/** What kind of fault it is. */
export enum UserErrorType {
  NOT_FOUND = 'NOT_FOUND',
  VALIDATION_ERROR = 'VALIDATION_ERROR',
  CONFLICT = 'CONFLICT',
  LIMIT_EXCEEDED = 'LIMIT_EXCEEDED',
}

registerEnumType(UserErrorType, {
  name: 'UserErrorType',
  description: 'What kind of fault it is, and so what can be done about it.',
  valuesConfig: {
    NOT_FOUND: { description: 'Nothing of that id is in the workspace.' },
    VALIDATION_ERROR: { description: 'A value is not as it must be: correct it and send it again.' },
    CONFLICT: { description: 'The value is fine, but not in the state that things are in.' },
    LIMIT_EXCEEDED: { description: 'It would be more than is allowed.' },
  },
});

/** Which fault it is; stable, for programs. */
export enum UserErrorCode {
  SUBSCRIPTION_NOT_FOUND = 'SUBSCRIPTION_NOT_FOUND',
  EVENT_NOT_FOUND = 'EVENT_NOT_FOUND',
  EVENT_TYPE_NOT_FOUND = 'EVENT_TYPE_NOT_FOUND',
  DELIVERY_NOT_FOUND = 'DELIVERY_NOT_FOUND',
  REPLAY_NOT_FOUND = 'REPLAY_NOT_FOUND',
  API_KEY_NOT_FOUND = 'API_KEY_NOT_FOUND',
  WORKSPACE_NOT_FOUND = 'WORKSPACE_NOT_FOUND',
  INVALID_ENDPOINT_URL = 'INVALID_ENDPOINT_URL',
  ENDPOINT_ADDRESS_NOT_ALLOWED = 'ENDPOINT_ADDRESS_NOT_ALLOWED',
  INVALID_STATUS = 'INVALID_STATUS',
  UNKNOWN_EVENT_TYPE = 'UNKNOWN_EVENT_TYPE',
  INVALID_EVENT_TYPES = 'INVALID_EVENT_TYPES',
  INVALID_EVENT_TYPE_NAME = 'INVALID_EVENT_TYPE_NAME',
  EVENT_TYPE_EXISTS = 'EVENT_TYPE_EXISTS',
  INVALID_NAME = 'INVALID_NAME',
  INVALID_DESCRIPTION = 'INVALID_DESCRIPTION',
  INVALID_RETRY_POLICY = 'INVALID_RETRY_POLICY',
  INVALID_TIMEOUT = 'INVALID_TIMEOUT',
  INVALID_ATTEMPT_RATE = 'INVALID_ATTEMPT_RATE',
  INVALID_HEADER = 'INVALID_HEADER',
  INVALID_FILTER = 'INVALID_FILTER',
  INVALID_SCHEMA = 'INVALID_SCHEMA',
  INVALID_GRACE_PERIOD = 'INVALID_GRACE_PERIOD',
  INVALID_SCOPES = 'INVALID_SCOPES',
  INVALID_EXPIRY = 'INVALID_EXPIRY',
  INVALID_IDEMPOTENCY_KEY = 'INVALID_IDEMPOTENCY_KEY',
  INVALID_PAYLOAD = 'INVALID_PAYLOAD',
  PAYLOAD_TOO_LARGE = 'PAYLOAD_TOO_LARGE',
  IDEMPOTENCY_KEY_REUSED = 'IDEMPOTENCY_KEY_REUSED',
  INVALID_CONFIRMATION_TOKEN = 'INVALID_CONFIRMATION_TOKEN',
  SUBSCRIPTION_NOT_ACTIVE = 'SUBSCRIPTION_NOT_ACTIVE',
  DELIVERY_IN_PROGRESS = 'DELIVERY_IN_PROGRESS',
  TOO_MANY_SUBSCRIPTIONS = 'TOO_MANY_SUBSCRIPTIONS',
}

registerEnumType(UserErrorCode, {
  name: 'UserErrorCode',
  description: 'Which fault it is: stable, for programs to act on.',
  valuesConfig: {
    SUBSCRIPTION_NOT_FOUND: { description: 'No webhook subscription of that id, or it has been deleted.' },
    EVENT_NOT_FOUND: { description: 'No event of that id.' },
    EVENT_TYPE_NOT_FOUND: { description: 'No event type of that id.' },
    DELIVERY_NOT_FOUND: { description: 'No delivery of that id.' },
    REPLAY_NOT_FOUND: { description: 'No replay of that id.' },
    API_KEY_NOT_FOUND: { description: 'No API key of that id.' },
    WORKSPACE_NOT_FOUND: { description: 'No workspace of that id.' },
    INVALID_ENDPOINT_URL: { description: 'Not a URL that deliveries can be sent to; the message says why.' },
    ENDPOINT_ADDRESS_NOT_ALLOWED: {
      description: 'The URL leads to an address that is not public, or to this server itself.',
    },
    INVALID_STATUS: { description: 'A status that a caller cannot set: only ACTIVE and INACTIVE are.' },
    UNKNOWN_EVENT_TYPE: {
      description:
        "Not in the workspace's catalogue, or archived: at publish, and for an exact name at subscribing. Groups (payout.*) and * are free.",
    },
    INVALID_EVENT_TYPES: {
      description:
        'An empty list, more than 100, or an entry that is neither a name, a group (payout.*) nor *; or a notification endpoint that is named twice.',
    },
    INVALID_EVENT_TYPE_NAME: {
      description: 'Not a dotted name of at most 255 characters, such as invoice.paid.',
    },
    EVENT_TYPE_EXISTS: { description: 'The catalogue already has an event type of that name.' },
    INVALID_NAME: { description: 'Empty, or longer than allowed.' },
    INVALID_DESCRIPTION: { description: 'Longer than 1000 characters, or empty where there must be one.' },
    INVALID_RETRY_POLICY: { description: 'More than 60 entries, or an entry outside 1 to 604800 seconds.' },
    INVALID_TIMEOUT: { description: 'Outside 1 to 30 seconds.' },
    INVALID_ATTEMPT_RATE: { description: 'Not 1 to 10000 attempts a second.' },
    INVALID_HEADER: {
      description:
        'A header name or value that cannot be sent, that Tendril sets itself, or too many of them.',
    },
    INVALID_FILTER: {
      description: 'Not a query document of the operators allowed; the message names the place.',
    },
    INVALID_SCHEMA: { description: 'Not a JSON Schema (2020-12) that can be used.' },
    INVALID_GRACE_PERIOD: { description: 'Outside 0 to 604800 seconds.' },
    INVALID_SCOPES: { description: 'No scope at all, or the same one twice.' },
    INVALID_EXPIRY: { description: 'A moment that has passed.' },
    INVALID_IDEMPOTENCY_KEY: { description: 'Not 1 to 255 characters.' },
    INVALID_PAYLOAD: {
      description:
        "The payload does not fit the event type's JSON Schema; the message holds the JSON pointer.",
    },
    PAYLOAD_TOO_LARGE: { description: 'More than 256 KiB as compact JSON.' },
    IDEMPOTENCY_KEY_REUSED: {
      description: 'The key was used in the last 24 hours for another type or payload.',
    },
    INVALID_CONFIRMATION_TOKEN: {
      description: 'Unknown or expired; a new one comes with a new subscription.',
    },
    SUBSCRIPTION_NOT_ACTIVE: {
      description: 'The subscription is inactive, disabled or not confirmed, so nothing is sent to it.',
    },
    DELIVERY_IN_PROGRESS: { description: 'An attempt is under way; ask again when it has ended.' },
    TOO_MANY_SUBSCRIPTIONS: { description: 'The workspace has as many subscriptions as it may have.' },
  },
});

/** A fault that the caller can mend, as data. */
@ObjectType({ description: 'A fault that the caller can mend. All faults of one input come back at once.' })
export class UserError {
  @Field(() => UserErrorCode, { description: 'Which fault it is, for programs.' })
  code!: UserErrorCode;

  @Field(() => UserErrorType, { description: 'What kind of fault it is.' })
  type!: UserErrorType;

  @Field(() => String, { description: 'What is wrong and what would be right, for people.' })
  message!: string;

  @Field(() => [String], {
    nullable: true,
    description:
      'Where the faulty value stands in the arguments, for example ["input", "endpointUrl"]; null where no one value is at fault.',
  })
  field!: string[] | null;
}

const types: Partial<Record<UserErrorCode, UserErrorType>> = {
  [UserErrorCode.EVENT_TYPE_EXISTS]: UserErrorType.CONFLICT,
  [UserErrorCode.IDEMPOTENCY_KEY_REUSED]: UserErrorType.CONFLICT,
  [UserErrorCode.SUBSCRIPTION_NOT_ACTIVE]: UserErrorType.CONFLICT,
  [UserErrorCode.DELIVERY_IN_PROGRESS]: UserErrorType.CONFLICT,
  [UserErrorCode.PAYLOAD_TOO_LARGE]: UserErrorType.LIMIT_EXCEEDED,
  [UserErrorCode.TOO_MANY_SUBSCRIPTIONS]: UserErrorType.LIMIT_EXCEEDED,
};

/** A UserError; its type follows from its code. `field` is the path in the arguments, or null. */
export function userError(
  code: keyof typeof UserErrorCode,
  message: string,
  field: string[] | null = null,
): UserError {
  const known = UserErrorCode[code];
  const type =
    types[known] ?? (code.endsWith('_NOT_FOUND') ? UserErrorType.NOT_FOUND : UserErrorType.VALIDATION_ERROR);
  return { code: known, type, message: shortened(message), field };
}
