import { describe, expect, test } from 'vitest';
import { type AddressPolicy, checkAddress, isOwnOrigin } from '../../src/rules/address-policy.js';

const strict: AddressPolicy = {
  allowedNetworks: [],
  allowedPorts: [],
  allowHttp: false,
  allowLoopback: false,
  ownOrigins: [],
};

// [address, words of the rule that refuses it]
const refused: [string, string][] = [
  ['0.0.0.0', 'this network 0.0.0.0/8'],
  ['0.255.255.255', 'this network 0.0.0.0/8'],
  ['10.0.0.1', 'private-use 10.0.0.0/8 (RFC 1918)'],
  ['10.255.255.255', 'private-use 10.0.0.0/8'],
  ['100.64.0.1', 'shared address space 100.64.0.0/10'],
  ['100.100.100.200', 'shared address space 100.64.0.0/10'],
  ['100.127.255.255', 'shared address space 100.64.0.0/10'],
  ['127.0.0.1', 'loopback 127.0.0.0/8'],
  ['127.255.255.254', 'loopback 127.0.0.0/8'],
  ['169.254.169.254', 'link-local 169.254.0.0/16'],
  ['172.16.0.1', 'private-use 172.16.0.0/12'],
  ['172.31.255.255', 'private-use 172.16.0.0/12'],
  ['192.0.0.1', 'IETF protocol assignments 192.0.0.0/24'],
  ['192.0.0.9', 'IETF protocol assignments 192.0.0.0/24'],
  ['192.0.0.170', 'IETF protocol assignments 192.0.0.0/24'],
  ['192.0.2.1', 'documentation 192.0.2.0/24'],
  ['192.31.196.1', 'AS112 192.31.196.0/24'],
  ['192.52.193.1', 'automatic multicast tunneling 192.52.193.0/24'],
  ['192.88.99.1', '6to4 relay anycast 192.88.99.0/24'],
  ['192.168.0.1', 'private-use 192.168.0.0/16'],
  ['192.175.48.1', 'direct delegation AS112 192.175.48.0/24'],
  ['198.18.0.1', 'benchmarking 198.18.0.0/15'],
  ['198.19.255.255', 'benchmarking 198.18.0.0/15'],
  ['198.51.100.1', 'documentation 198.51.100.0/24'],
  ['203.0.113.1', 'documentation 203.0.113.0/24'],
  ['224.0.0.1', 'multicast 224.0.0.0/4'],
  ['239.255.255.255', 'multicast 224.0.0.0/4'],
  ['240.0.0.1', 'reserved 240.0.0.0/4'],
  ['255.255.255.255', 'limited broadcast (RFC 919)'],
  ['::', 'unspecified (RFC 4291)'],
  ['::1', 'loopback (RFC 4291)'],
  ['0:0:0:0:0:0:0:1', 'loopback (RFC 4291)'],
  ['::127.0.0.1', 'IPv4-compatible ::/96'],
  ['::8.8.8.8', 'IPv4-compatible ::/96'],
  ['::808:808', 'IPv4-compatible ::/96'],
  ['::ffff:127.0.0.1', 'loopback 127.0.0.0/8'],
  ['::ffff:7f00:1', 'loopback 127.0.0.0/8'],
  ['::FFFF:7F00:0001', 'loopback 127.0.0.0/8'],
  ['0:0:0:0:0:ffff:7f00:1', 'loopback 127.0.0.0/8'],
  ['0000:0000:0000:0000:0000:ffff:0a00:0001', 'private-use 10.0.0.0/8'],
  ['::ffff:a9fe:a9fe', 'link-local 169.254.0.0/16'],
  ['::ffff:0:7f00:1', 'outside global unicast 2000::/3'],
  ['64:ff9b::7f00:1', 'IPv4-IPv6 translation 64:ff9b::/96'],
  ['64:ff9b::8.8.8.8', 'IPv4-IPv6 translation 64:ff9b::/96'],
  ['64:ff9b:1::1', 'IPv4-IPv6 translation 64:ff9b:1::/48'],
  ['100::1', 'discard-only 100::/64'],
  ['2001::1', 'IETF protocol assignments 2001::/23'],
  ['2001:1ff:ffff::1', 'IETF protocol assignments 2001::/23'],
  ['2001:db8::1', 'documentation 2001:db8::/32'],
  ['2002:7f00:1::', '6to4 2002::/16'],
  ['3fff::1', 'documentation 3fff::/20'],
  ['3fff:fff:ffff::1', 'documentation 3fff::/20'],
  ['5f00::1', 'outside global unicast 2000::/3'],
  ['4000::1', 'outside global unicast 2000::/3'],
  ['fc00::1', 'unique-local fc00::/7'],
  ['fd12:3456::1', 'unique-local fc00::/7'],
  ['fe80::1', 'link-local fe80::/10'],
  ['fec0::1', 'site-local fec0::/10'],
  ['ff02::1', 'multicast ff00::/8'],
  ['', 'not an IP address'],
  ['example.com', 'not an IP address'],
  ['127.1', 'not an IP address'],
  ['2130706433', 'not an IP address'],
  ['0x7f.0.0.1', 'not an IP address'],
  ['010.8.8.8', 'not an IP address'],
  ['8.8.8.8.', 'not an IP address'],
  [' 8.8.8.8', 'not an IP address'],
  ['2606:4700::1111%eth0', 'not an IP address'],
  ['::ffff:010.8.8.8', 'not an IP address'],
  ['::ffff:256.1.1.1', 'not an IP address'],
  ['[2606:4700::1111]', 'not an IP address'],
];

describe('an address that is not public is refused, and the rule is named', () => {
  test.each(refused)('%s: %s', (address, words) => {
    const check = checkAddress(address, strict);
    expect(check).toMatchObject({ ok: false });
    expect(check.ok ? '' : check.rule).toContain(words);
  });
});

const open = [
  ...['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255'],
  ...['128.0.0.0', '169.253.255.255', '172.15.255.255', '172.32.0.0', '192.0.1.0', '198.17.255.255'],
  ...['198.20.0.0', '223.255.255.255', '::ffff:8.8.8.8', '::ffff:808:808', '2000::1', '2001:200::1'],
  ...['2001:4860:4860::8888', '2606:4700:4700::1111', '2003::1', '3ffe:ffff::1', '3fff:1000::1'],
];
test.each(open)('%s is public', (address) => {
  expect(checkAddress(address, strict)).toEqual({ ok: true });
});

describe('an allowed network opens what lies in it and nothing else', () => {
  test.each([
    ['10.1.2.3', '10.0.0.0/8', true],
    ['::ffff:10.1.2.3', '10.0.0.0/8', true],
    ['10.1.2.3', '::ffff:10.0.0.0/104', true],
    ['192.168.1.1', '10.0.0.0/8', false],
    ['192.168.1.1', '192.168.1.1', true],
    ['192.168.1.2', '192.168.1.1', false],
    ['fd00::5', 'fd00::/8', true],
    ['10.1.2.3', '::/0', false],
    ['fd00::5', '0.0.0.0/0', false],
    ['10.1.2.3', '10.0.0.0/33', false],
    ['10.1.2.3', '10.0.0.0/8/8', false],
    ['10.1.2.3', 'everything', false],
  ])('%s with %s: %s', (address, network, isOpen) => {
    expect(checkAddress(address, { ...strict, allowedNetworks: [network] }).ok).toBe(isOpen);
  });
});

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.1', false],
])('where loopback is allowed, %s is open: %s', (address, isOpen) => {
  expect(checkAddress(address, { ...strict, allowLoopback: true }).ok).toBe(isOpen);
});

test.each([
  ['127.0.0.1', 4000, '127.0.0.1', true],
  ['127.0.0.1', 4001, '127.0.0.1', false],
  ['127.5.5.5', 4000, '127.0.0.1', true],
  ['localhost', 4000, '127.0.0.1', true],
  ['LOCALHOST.', 4000, '127.0.0.1', true],
  ['::1', 4000, '0.0.0.0', true],
  ['::ffff:7f00:1', 4000, '::', true],
  ['hooks.example.com', 4000, 'Hooks.Example.com', true],
  ['hooks.example.com.', 4000, 'hooks.example.com', true],
  ['other.example.com', 4000, 'hooks.example.com', false],
  ['198.51.100.7', 4000, '127.0.0.1', false],
])('%s:%i is our own where we are %s:4000: %s', (host, port, ownHost, isOwn) => {
  expect(isOwnOrigin(host, port, { ...strict, ownOrigins: [{ host: ownHost, port: 4000 }] })).toBe(isOwn);
});
