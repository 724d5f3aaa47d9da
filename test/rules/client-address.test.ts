import { describe, expect, test } from 'vitest';
import { clientAddress, clientNetwork } from '../../src/rules/client-address.js';

describe('the address of a client', () => {
  const cases: [says: string, peer: string, forwarded: string | undefined, trusted: string[], is: string][] =
    [
      ['is that of the peer', '203.0.113.7', undefined, [], '203.0.113.7'],
      ['is never what a client writes itself', '203.0.113.7', '198.51.100.1', [], '203.0.113.7'],
      [
        'is never what a client writes through a proxy that is not trusted',
        '203.0.113.7',
        '198.51.100.1',
        ['10.0.0.0/8'],
        '203.0.113.7',
      ],
      ['is what a trusted proxy adds', '10.0.0.1', '203.0.113.7', ['10.0.0.0/8'], '203.0.113.7'],
      [
        'is the last that is no trusted proxy, whatever stands before it',
        '10.0.0.1',
        '198.51.100.1, 203.0.113.7,10.0.0.2',
        ['10.0.0.0/8'],
        '203.0.113.7',
      ],
      ['is a trusted proxy where that asks for itself', '10.0.0.1', undefined, ['10.0.0.0/8'], '10.0.0.1'],
      ['is the proxy where it adds no address', '10.0.0.1', 'unknown', ['10.0.0.0/8'], '10.0.0.1'],
      [
        'is read through an IPv4-mapped peer',
        '::ffff:10.0.0.1',
        '2001:db8::7',
        ['10.0.0.0/8'],
        '2001:db8::7',
      ],
      ['is read through an IPv6 proxy', 'fd00::1', '203.0.113.7', ['10.0.0.0/8', 'fd00::/8'], '203.0.113.7'],
    ];

  test.each(cases)('%s', (_says, peer, forwarded, trusted, is) => {
    expect(clientAddress(peer, forwarded, trusted)).toBe(is);
  });
});

describe('one client', () => {
  test.each([
    ['203.0.113.7', '::ffff:203.0.113.7'],
    ['2001:db8:0:1::1', '2001:db8:0:1:ffff:ffff:ffff:ffff'],
  ])('is %s and %s', (one, other) => {
    expect(clientNetwork(one)).toBe(clientNetwork(other));
  });

  test.each([
    ['203.0.113.7', '203.0.113.8'],
    ['2001:db8:0:1::1', '2001:db8:0:2::1'],
    ['::1', '127.0.0.1'],
  ])('is not both %s and %s', (one, other) => {
    expect(clientNetwork(one)).not.toBe(clientNetwork(other));
  });
});
