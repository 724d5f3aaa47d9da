import type { Profile } from './profile.js';
import { standard } from './standard.js';

/** iVvy, venue management: SNS-shaped messages. Stated: nothing is sent before the receiver has confirmed. Ours: 20, 20, 20, 300, 1200, 3600 s. */
export const ivvy: Profile = {
  ...standard,
  name: 'IVVY',
  description: 'iVvy: SNS-shaped messages to notification endpoints that have confirmed their subscription.',
  retryScheduleSeconds: [20, 20, 20, 300, 1200, 3600],
  jitter: 0,
  requiresConfirmation: true,
};
