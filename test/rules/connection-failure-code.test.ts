import { expect, test } from 'vitest';
import { connectionFailureCode } from '../../src/rules/connection-failure-code.js';
import { describeOutcome } from '../../src/rules/outcome.js';

test.each([
  ['ECONNREFUSED', 'ECONNREFUSED'],
  ['EPIPE', 'ECONNRESET'],
  ['UND_ERR_SOCKET', 'ECONNRESET'],
  ['ENETUNREACH', 'ENETUNREACH'],
  ['ETIMEDOUT', 'ETIMEDOUT'],
  ['EADDRNOTAVAIL', 'SOURCE_ADDRESS_UNAVAILABLE'],
  ['CERT_HAS_EXPIRED', 'TLS_CERTIFICATE_EXPIRED'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'TLS_CERTIFICATE_UNTRUSTED'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'TLS_CERTIFICATE_WRONG_HOST'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'TLS_FAILED'],
  ['HTTPParserError', 'INVALID_RESPONSE'],
  ['UND_ERR_HEADERS_OVERFLOW', 'RESPONSE_HEADERS_TOO_LARGE'],
])('%s is told as %s, which has a sentence of its own', (code, expected) => {
  expect(connectionFailureCode(code, false)).toBe(expected);
  const sentence = describeOutcome({ kind: 'connectionFailed', code: expected }, false);
  expect(sentence).not.toContain('The connection to the endpoint failed');
});

test.each(['EMFILE', 'ERR_ASSERTION', 'constructor', '', undefined])(
  '%s, which says nothing about the endpoint, is told as CONNECTION_FAILED',
  (code) => {
    expect(connectionFailureCode(code, false)).toBe('CONNECTION_FAILED');
  },
);

test('a connection that breaks once the answer has begun leaves it incomplete', () => {
  expect(connectionFailureCode('ECONNRESET', true)).toBe('RESPONSE_INCOMPLETE');
});
