/** What became of one HTTP request to an endpoint. */
export type Outcome =
  /** An answer came, whatever its status; `retryAfter` is the raw header. */
  | { kind: 'responded'; statusCode: number; retryAfter: string | undefined }
  /** The total deadline passed, be it in the look-up, the connection or the response's body. */
  | { kind: 'timedOut'; afterMs: number }
  /** No usable answer came; `code` is stable and fit to be shown: ECONNREFUSED, TLS_CERTIFICATE_EXPIRED … */
  | { kind: 'connectionFailed'; code: string }
  /** The address policy refused it and nothing was sent; `address` is for the operator's log, not for the tenant. */
  | { kind: 'addressRefused'; address: string; rule: string }
  /** The server stopped before the outcome was known: the endpoint may have got the request. */
  | { kind: 'interrupted' };

const connectionFailures: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'The endpoint refused the connection: nothing listens there, or a firewall rejects it.',
  ECONNRESET: 'The endpoint closed the connection before it had answered.',
  ENOTFOUND: "The endpoint's host name has no address.",
  EHOSTUNREACH: "The endpoint's host cannot be reached.",
  ENETUNREACH: "The endpoint's network cannot be reached.",
  ETIMEDOUT: 'The endpoint did not take the connection.',
  DNS_FAILED: "The endpoint's host name could not be looked up.",
  TLS_CERTIFICATE_EXPIRED: "The endpoint's TLS certificate has expired.",
  TLS_CERTIFICATE_NOT_YET_VALID: "The endpoint's TLS certificate is not valid yet.",
  TLS_CERTIFICATE_SELF_SIGNED: "The endpoint's TLS certificate is self-signed.",
  TLS_CERTIFICATE_UNTRUSTED:
    "The endpoint's TLS certificate is from no authority that is trusted, or its chain is incomplete.",
  TLS_CERTIFICATE_WRONG_HOST: "The endpoint's TLS certificate is for another host name.",
  TLS_CERTIFICATE_REVOKED: "The endpoint's TLS certificate has been revoked.",
  TLS_FAILED: 'No TLS connection could be agreed on with the endpoint.',
  INVALID_RESPONSE: 'What the endpoint answered is not a valid HTTP/1.1 response.',
  RESPONSE_HEADERS_TOO_LARGE: "The endpoint's response headers are larger than 16 KiB.",
  RESPONSE_INCOMPLETE: 'The endpoint closed the connection in the middle of its response.',
  INVALID_REQUEST: 'The request could not be made from its URL and headers.',
  SOURCE_ADDRESS_UNAVAILABLE: 'The server had no address of its own to connect from.',
};

/**
 * Says for a person what went wrong with an attempt, without any inner address or a resolver's words; null when it succeeded.
 * @param succeeded whether the profile's success rule counts the outcome as delivered
 */
export function describeOutcome(outcome: Outcome, succeeded: boolean): string | null {
  if (succeeded) return null;
  switch (outcome.kind) {
    case 'responded':
      return describeStatus(outcome.statusCode);
    case 'timedOut':
      return `The endpoint had not answered in full after ${outcome.afterMs / 1000} s.`;
    case 'connectionFailed': {
      const sentence = connectionFailures[outcome.code] ?? 'The connection to the endpoint failed.';
      return `${sentence} (${outcome.code})`;
    }
    case 'addressRefused':
      return (
        `Nothing was sent, because the endpoint's address is not allowed: ${outcome.rule}. ` +
        "The server's settings ALLOWED_NETWORKS, ALLOWED_PORTS and ALLOW_HTTP_ENDPOINTS say what is."
      );
    case 'interrupted':
      return 'The server stopped before the outcome was known; the endpoint may have got the request.';
  }
}

function describeStatus(statusCode: number): string {
  const answered = `The endpoint answered ${statusCode}`;
  if (statusCode >= 300 && statusCode < 400) return `${answered}; redirects are never followed.`;
  if (statusCode === 410) return `${answered} (Gone), which switches the subscription off.`;
  return `${answered}, which does not count as delivered.`;
}
