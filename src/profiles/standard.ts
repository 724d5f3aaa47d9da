import type { Profile } from './profile.js';

const hour = 3600;

/** Standard Webhooks 1.0.0: the default. */
export const standard: Profile = {
  name: 'STANDARD',
  description: 'Standard Webhooks 1.0.0: a body of type, timestamp and data, and nine retries over 75 hours.',
  retryScheduleSeconds: [5, 300, 1800, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour],
  jitter: 0.2,
  timeoutSeconds: 15,
  success: [200, 299],
  ownSignatureHeaders: [],
  requiresConfirmation: false,
  // Put together by hand: the payload goes in as published, not parsed and written again.
  body: ({ type, payload, createdAt }) =>
    `{"type":${JSON.stringify(type)},"timestamp":"${createdAt.toISOString()}","data":${payload}}`,
  headers: () => ({}),
};
