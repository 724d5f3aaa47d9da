import type { UserError } from '../graphql/user-error.js';
import { userError } from '../graphql/user-error.js';
import { profiles } from '../profiles/profiles.js';
import type { AddressPolicy } from '../rules/address-policy.js';
import { checkCustomHeaders } from '../rules/custom-headers.js';
import { checkEndpointUrl } from '../rules/endpoint-url.js';
import { checkEventFilter } from '../rules/event-filter.js';
import { isEventTypeName, isEventTypePattern } from '../rules/event-types.js';
import { isStorable, unstorable } from '../rules/storable-text.js';
import type { HttpHeaderInput, RetryPolicyInput } from './subscription-input.types.js';
import { WebhookSubscriptionStatus } from './webhook-subscription.entity.js';

const maxEventTypes = 100;
const maxDescriptionCharacters = 1000;
const maxScheduleEntries = 60;
const maxDelaySeconds = 604_800;
const maxTimeoutSeconds = 30;
const maxAttemptRate = 10_000;
const signatureHeaders = profiles.flatMap((profile) => profile.ownSignatureHeaders);

/** The fields that create and update share; undefined: not given. */
export interface SubscriptionFields {
  readonly endpointUrl?: string | null | undefined;
  readonly eventTypes?: readonly string[] | null | undefined;
  readonly description?: string | null | undefined;
  readonly status?: WebhookSubscriptionStatus | null | undefined;
  readonly retryPolicy?: RetryPolicyInput | null | undefined;
  readonly timeoutSeconds?: number | null | undefined;
  readonly headers?: readonly HttpHeaderInput[] | null | undefined;
  readonly filter?: unknown;
  readonly maxAttemptsPerSecond?: number | null | undefined;
}

/** All faults of what is given. `knownEventTypes` are the names in the workspace's catalogue among those asked for. */
export function checkSubscription(
  given: SubscriptionFields,
  policy: AddressPolicy,
  knownEventTypes: ReadonlySet<string>,
): UserError[] {
  return [
    ...checkUrl(given.endpointUrl, policy),
    ...checkEventTypes(given.eventTypes, knownEventTypes),
    ...checkStatus(given.status),
    ...checkDescription(given.description),
    ...checkSchedule(given.retryPolicy),
    ...checkNumbers(given),
    ...checkHeaders(given.headers),
    ...checkFilter(given.filter),
  ];
}

function checkUrl(endpointUrl: string | null | undefined, policy: AddressPolicy): UserError[] {
  if (endpointUrl === undefined) return [];
  const field = ['input', 'endpointUrl'];
  if (endpointUrl === null)
    return [userError('INVALID_ENDPOINT_URL', 'An endpoint URL cannot be empty.', field)];
  const checked = checkEndpointUrl(endpointUrl, policy);
  return checked.ok ? [] : [userError(checked.code, checked.message, field)];
}

function checkEventTypes(
  eventTypes: readonly string[] | null | undefined,
  known: ReadonlySet<string>,
): UserError[] {
  if (eventTypes === undefined) return [];
  const field = ['input', 'eventTypes'];
  if (eventTypes === null || eventTypes.length === 0 || eventTypes.length > maxEventTypes) {
    const many = eventTypes?.length ?? 0;
    return [
      userError(
        'INVALID_EVENT_TYPES',
        `Give 1 to ${maxEventTypes} event types; ${many} were given. * stands for all.`,
        field,
      ),
    ];
  }
  return eventTypes.flatMap((pattern, index) => {
    const at = [...field, String(index)];
    if (!isEventTypePattern(pattern)) {
      return [
        userError(
          'INVALID_EVENT_TYPES',
          `"${pattern}" is no event type name, no group such as payout.*, and not *.`,
          at,
        ),
      ];
    }
    return isEventTypeName(pattern) && !known.has(pattern)
      ? [
          userError(
            'UNKNOWN_EVENT_TYPE',
            `The catalogue has no event type "${pattern}" in use; eventTypes lists them, createEventType adds one.`,
            at,
          ),
        ]
      : [];
  });
}

function checkStatus(status: WebhookSubscriptionStatus | null | undefined): UserError[] {
  const settable: readonly unknown[] = [
    undefined,
    WebhookSubscriptionStatus.ACTIVE,
    WebhookSubscriptionStatus.INACTIVE,
  ];
  return settable.includes(status)
    ? []
    : [
        userError('INVALID_STATUS', `A subscription can be set ACTIVE or INACTIVE, not ${status}.`, [
          'input',
          'status',
        ]),
      ];
}

function checkDescription(description: string | null | undefined): UserError[] {
  if (typeof description !== 'string') return [];
  const characters = [...description].length;
  const fault =
    characters > maxDescriptionCharacters
      ? `A description has at most ${maxDescriptionCharacters} characters; this one has ${characters}.`
      : !isStorable(description) && `A description cannot hold ${unstorable}.`;
  return fault ? [userError('INVALID_DESCRIPTION', fault, ['input', 'description'])] : [];
}

function checkSchedule(policy: RetryPolicyInput | null | undefined): UserError[] {
  if (!policy) return [];
  const field = ['input', 'retryPolicy', 'scheduleSeconds'];
  const schedule = policy.scheduleSeconds;
  const long =
    schedule.length > maxScheduleEntries
      ? [
          userError(
            'INVALID_RETRY_POLICY',
            `A schedule has at most ${maxScheduleEntries} entries; this one has ${schedule.length}.`,
            field,
          ),
        ]
      : [];
  // What is beyond them is not looked at: a megabyte of faults would be answered with many.
  const off = schedule
    .slice(0, maxScheduleEntries)
    .flatMap((seconds, index) =>
      seconds >= 1 && seconds <= maxDelaySeconds
        ? []
        : [
            userError('INVALID_RETRY_POLICY', `${seconds} is outside 1 to ${maxDelaySeconds} seconds.`, [
              ...field,
              String(index),
            ]),
          ],
    );
  return [...long, ...off];
}

function checkNumbers({ timeoutSeconds, maxAttemptsPerSecond }: SubscriptionFields): UserError[] {
  const errors: UserError[] = [];
  if (typeof timeoutSeconds === 'number' && (timeoutSeconds < 1 || timeoutSeconds > maxTimeoutSeconds)) {
    errors.push(
      userError('INVALID_TIMEOUT', `A timeout is 1 to ${maxTimeoutSeconds} seconds, not ${timeoutSeconds}.`, [
        'input',
        'timeoutSeconds',
      ]),
    );
  }
  if (
    typeof maxAttemptsPerSecond === 'number' &&
    (maxAttemptsPerSecond < 1 || maxAttemptsPerSecond > maxAttemptRate)
  ) {
    errors.push(
      userError(
        'INVALID_ATTEMPT_RATE',
        `A rate is 1 to ${maxAttemptRate} attempts a second, not ${maxAttemptsPerSecond}.`,
        ['input', 'maxAttemptsPerSecond'],
      ),
    );
  }
  return errors;
}

function checkHeaders(headers: readonly HttpHeaderInput[] | null | undefined): UserError[] {
  if (!headers) return [];
  return checkCustomHeaders(headers, signatureHeaders).map(({ index, field, message }) =>
    userError('INVALID_HEADER', message, ['input', 'headers', String(index), field]),
  );
}

function checkFilter(filter: unknown): UserError[] {
  if (filter === undefined || filter === null) return [];
  return checkEventFilter(filter).map((message) => userError('INVALID_FILTER', message, ['input', 'filter']));
}
