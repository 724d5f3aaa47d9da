/** How many uses fit into a minute. */
export interface Limit {
  /** As clients read it: letters, digits and hyphens. */
  readonly name: string;
  readonly quota: number;
  /** What is counted where it is not requests, as the draft names it. */
  readonly unit?: 'content-bytes';
}

/** How a caller stands with one limit. */
export interface Standing {
  readonly limit: Limit;
  readonly remaining: number;
  /** Until its window ends and the next one begins. */
  readonly resetMs: number;
  /** Whether the use that was asked for did not fit any more. */
  readonly isOver: boolean;
}

/** The length of the windows in which uses are counted; one begins with its first use. */
export const windowSeconds = 60;

/** The header fields of draft-ietf-httpapi-ratelimit-headers-10: the limits that a request met, and what is left of each. */
export function rateLimitFields(standings: readonly Standing[]): Readonly<Record<string, string>> {
  if (standings.length === 0) return {};
  const policies = standings.map(
    ({ limit: { name, quota, unit } }) =>
      `"${name}";q=${quota}${unit === undefined ? '' : `;qu="${unit}"`};w=${windowSeconds}`,
  );
  const left = standings.map(
    ({ limit, remaining, resetMs }) => `"${limit.name}";r=${remaining};t=${wholeSeconds(resetMs)}`,
  );
  return { 'ratelimit-policy': policies.join(', '), ratelimit: left.join(', ') };
}

/** After how many seconds every limit that refused a request is open again; at least 1. */
export function retryAfterSeconds(standings: readonly Standing[]): number {
  return Math.max(1, ...standings.filter(({ isOver }) => isOver).map(({ resetMs }) => wholeSeconds(resetMs)));
}

function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
