import { GraphQLError } from 'graphql';
import { retryAfterSeconds, type Standing } from '../rules/rate-limit-fields.js';

/** The refusal of what is over a limit: HTTP 429 with Retry-After, since nothing of it is executed; undefined where nothing is over. */
export function rateLimited(standings: readonly Standing[]): GraphQLError | undefined {
  const over = standings.filter(({ isOver }) => isOver);
  if (over.length === 0) return undefined;
  const seconds = retryAfterSeconds(over);
  const limits = over.map(({ limit }) => `${limit.name} (${limit.quota} a minute)`).join(', ');
  return new GraphQLError(`The limit of ${limits} is reached. Try again in ${seconds} s.`, {
    extensions: {
      code: 'RATE_LIMITED',
      retryAfterSeconds: seconds,
      http: { status: 429, headers: { 'retry-after': String(seconds) } },
    },
  });
}
