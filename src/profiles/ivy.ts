import { hmacHex } from '../rules/signatures.js';
import type { Profile } from './profile.js';

/** Ivy, payments. Stated: success is 200 and nothing else; 140, 541 and 1426 s. Ours: the rest of the schedule, body, header. */
export const ivy: Profile = {
  name: 'IVY',
  description: 'Ivy: only status 200 is success; a body of id, type, date and payload; x-ivy-signature.',
  retryScheduleSeconds: [10, 35, 140, 541, 1426, 3600, 10_800, 21_600, 43_200],
  jitter: 0,
  timeoutSeconds: 15,
  success: [200, 200],
  ownSignatureHeaders: ['x-ivy-signature'],
  requiresConfirmation: false,
  body: ({ id, type, payload, createdAt }) =>
    `{"id":"${id}","type":${JSON.stringify(type)},"date":"${createdAt.toISOString()}","payload":${payload}}`,
  headers: ({ body, secret }) => ({ 'x-ivy-signature': hmacHex(secret, body) }),
};
