// Node's, OpenSSL's, libuv's and undici's codes, by what they mean to the owner of an endpoint. What is not here stays
// CONNECTION_FAILED: an unknown code may tell of our own machine.
const codes = new Map(
  Object.entries({
    ECONNREFUSED: 'ECONNREFUSED',
    ECONNRESET: 'ECONNRESET',
    ECONNABORTED: 'ECONNRESET',
    EPIPE: 'ECONNRESET',
    UND_ERR_SOCKET: 'ECONNRESET',
    ENOTFOUND: 'ENOTFOUND',
    EHOSTUNREACH: 'EHOSTUNREACH',
    EHOSTDOWN: 'EHOSTUNREACH',
    ENETUNREACH: 'ENETUNREACH',
    ENETDOWN: 'ENETUNREACH',
    ETIMEDOUT: 'ETIMEDOUT',
    EADDRNOTAVAIL: 'SOURCE_ADDRESS_UNAVAILABLE',
    DNS_FAILED: 'DNS_FAILED',
    CERT_HAS_EXPIRED: 'TLS_CERTIFICATE_EXPIRED',
    CERT_NOT_YET_VALID: 'TLS_CERTIFICATE_NOT_YET_VALID',
    CERT_REVOKED: 'TLS_CERTIFICATE_REVOKED',
    DEPTH_ZERO_SELF_SIGNED_CERT: 'TLS_CERTIFICATE_SELF_SIGNED',
    SELF_SIGNED_CERT_IN_CHAIN: 'TLS_CERTIFICATE_UNTRUSTED',
    UNABLE_TO_GET_ISSUER_CERT: 'TLS_CERTIFICATE_UNTRUSTED',
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'TLS_CERTIFICATE_UNTRUSTED',
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'TLS_CERTIFICATE_UNTRUSTED',
    CERT_UNTRUSTED: 'TLS_CERTIFICATE_UNTRUSTED',
    CERT_REJECTED: 'TLS_CERTIFICATE_UNTRUSTED',
    CERT_SIGNATURE_FAILURE: 'TLS_CERTIFICATE_UNTRUSTED',
    CERT_CHAIN_TOO_LONG: 'TLS_CERTIFICATE_UNTRUSTED',
    INVALID_CA: 'TLS_CERTIFICATE_UNTRUSTED',
    INVALID_PURPOSE: 'TLS_CERTIFICATE_UNTRUSTED',
    ERR_TLS_CERT_ALTNAME_INVALID: 'TLS_CERTIFICATE_WRONG_HOST',
    HOSTNAME_MISMATCH: 'TLS_CERTIFICATE_WRONG_HOST',
    EPROTO: 'TLS_FAILED',
    UND_ERR_HEADERS_OVERFLOW: 'RESPONSE_HEADERS_TOO_LARGE',
    HTTPParserError: 'INVALID_RESPONSE',
    UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'RESPONSE_INCOMPLETE',
    UND_ERR_INVALID_ARG: 'INVALID_REQUEST',
    UND_ERR_NOT_SUPPORTED: 'INVALID_REQUEST',
    UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'INVALID_REQUEST',
  }),
);

/**
 * Turns the code of an error on a connection, or its name where it has no code, into one that stays the same over versions and is fit for a tenant.
 * @param hasAnswerBegun whether a byte of the response had come, so that a broken connection broke in the middle of it
 */
export function connectionFailureCode(code: string | undefined, hasAnswerBegun: boolean): string {
  const known = codes.get(code ?? '') ?? codeOfFamily(code ?? '');
  return known === 'ECONNRESET' && hasAnswerBegun ? 'RESPONSE_INCOMPLETE' : known;
}

function codeOfFamily(code: string): string {
  // Those of OpenSSL and node:tls are too many for a table.
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) return 'TLS_FAILED';
  return 'CONNECTION_FAILED';
}
