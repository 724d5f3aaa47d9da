import type { Profile } from './profile.js';
import { standard } from './standard.js';

/** Hourly. Stated: a retry every hour for up to 48 hours. Ours: body and signature of Standard Webhooks. */
export const hourly: Profile = {
  ...standard,
  name: 'HOURLY',
  description: 'Hourly: a retry every hour for 48 hours; body and signature as in Standard Webhooks.',
  retryScheduleSeconds: Array<number>(48).fill(3600),
  jitter: 0,
};
