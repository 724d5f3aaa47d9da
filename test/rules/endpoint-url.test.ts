import { describe, expect, test } from 'vitest';
import type { AddressPolicy } from '../../src/rules/address-policy.js';
import { checkEndpointUrl } from '../../src/rules/endpoint-url.js';

const production: AddressPolicy = {
  allowedNetworks: [],
  allowedPorts: [],
  allowHttp: false,
  allowLoopback: false,
  ownOrigins: [{ host: 'tendril.example.com', port: 443 }],
};
const development: AddressPolicy = {
  allowedNetworks: [],
  allowedPorts: [],
  allowHttp: true,
  allowLoopback: true,
  ownOrigins: [{ host: '127.0.0.1', port: 4000 }],
};

test.each([
  'https://example.com/webhooks',
  'HTTPS://EXAMPLE.com',
  'https://example.com:8443/a?b=c&d=%20',
  'https://example.com:443',
  'https://example.com:65535/@user',
  'https://münchen.example/haken',
  'https://8.8.8.8/x',
  'https://[2606:4700:4700::1111]:1024/',
  `https://example.com/${'a'.repeat(2083 - 20)}`,
])('%s is accepted in production', (text) => {
  expect(checkEndpointUrl(text, production)).toMatchObject({ ok: true });
});

describe('a faulty URL is INVALID_ENDPOINT_URL, and the message says what is wrong', () => {
  test.each([
    ['', 'must begin with https://'],
    ['example.com', 'must begin with https://'],
    ['http://example.com', 'must begin with https://'],
    ['javascript:alert(1)', 'must begin with https://'],
    ['file:///etc/passwd', 'must begin with https://'],
    ['ftp://example.com', 'must begin with https://'],
    ['https:example.com', 'must begin with https://'],
    ['https:\\\\example.com', 'must begin with https://'],
    [' https://example.com', 'must begin with https://'],
    ['https://example.com/a b', 'a space'],
    ['https://exa\nmple.com', 'a control character'],
    ['https://example.com\\@evil.example', 'a backslash'],
    ['https://example.com/\ud800', 'half of a surrogate pair'],
    ['https://user:pass@example.com', 'user name or password'],
    ['https://user@example.com', 'user name or password'],
    ['https://@example.com', 'user name or password'],
    ['https:///user:pass@example.com/', 'must begin with https:// and the name of a host, as in'],
    ['https:////@example.com/', 'must begin with https:// and the name of a host, as in'],
    ['https://example.com/#part', 'fragment'],
    ['https://example.com/#', 'fragment'],
    ['https://', 'does not parse'],
    ['https://exa mple.com', 'a space'],
    ['https://256.256.256.256', 'does not parse'],
    ['https://[::1', 'does not parse'],
    ['https://example.com:99999', 'does not parse'],
    ['https://example.com:80', 'port 80; allowed are 443 and 1024 to 65535. ALLOWED_PORTS opens others'],
    ['https://example.com:22', 'port 22'],
    ['https://example.com:0', 'port 0'],
    ['https://example.com:1023', 'port 1023'],
    [`https://example.com/${'a'.repeat(2084 - 20)}`, '2084 characters; at most 2083'],
  ])('%j: %s', (text, words) => {
    const check = checkEndpointUrl(text, production);
    expect(check).toMatchObject({ ok: false, code: 'INVALID_ENDPOINT_URL' });
    expect(check.ok ? '' : check.message).toContain(words);
  });
});

describe('an address that is not public is ENDPOINT_ADDRESS_NOT_ALLOWED, however it is spelled', () => {
  test.each([
    ['https://10.0.0.1', 'private-use 10.0.0.0/8 (RFC 1918)'],
    ['https://127.0.0.1', 'loopback 127.0.0.0/8'],
    ['https://127.1', 'loopback 127.0.0.0/8'],
    ['https://127.0.0.1.', 'loopback 127.0.0.0/8'],
    ['https://2130706433', 'loopback 127.0.0.0/8'],
    ['https://0x7f000001', 'loopback 127.0.0.0/8'],
    ['https://0177.0.0.1', 'loopback 127.0.0.0/8'],
    ['https://%31%32%37.0.0.1', 'loopback 127.0.0.0/8'],
    ['https://１２７.0.0.1', 'loopback 127.0.0.0/8'],
    ['https://[::1]', 'loopback (RFC 4291)'],
    ['https://[::ffff:127.0.0.1]', 'loopback 127.0.0.0/8'],
    ['https://[::ffff:7f00:1]', 'loopback 127.0.0.0/8'],
    ['https://[::127.0.0.1]', 'IPv4-compatible ::/96'],
    ['https://169.254.169.254/latest/meta-data', 'link-local 169.254.0.0/16'],
    ['https://[fd00:ec2::254]', 'unique-local fc00::/7'],
    ['https://localhost:3000', 'loopback'],
    ['https://LOCALHOST.:3000', 'loopback'],
    ['https://app.localhost', 'loopback'],
    ['https://tendril.example.com/graphql', "this server's own"],
    ['https://TENDRIL.example.com.:443', "this server's own"],
  ])('%s: %s', (text, words) => {
    const check = checkEndpointUrl(text, production);
    expect(check).toMatchObject({ ok: false, code: 'ENDPOINT_ADDRESS_NOT_ALLOWED' });
    expect(check.ok ? '' : check.message).toContain(words);
  });

  test('and the message names the setting that opens a network', () => {
    const check = checkEndpointUrl('https://192.168.0.7', production);
    expect(check.ok ? '' : check.message).toContain('ALLOWED_NETWORKS');
  });
});

test.each([
  'http://127.0.0.1:3000/hook',
  'http://localhost:3000',
  'http://[::1]:3000',
  'http://example.com',
  'http://example.com:80',
  'https://example.com:80',
])('%s is accepted where http and loopback are allowed', (text) => {
  expect(checkEndpointUrl(text, development)).toMatchObject({ ok: true });
});

test.each(['http://127.0.0.1:4000', 'http://localhost:4000', 'http://[::1]:4000', 'http://192.168.1.1:3000'])(
  '%s is refused even there',
  (text) => {
    expect(checkEndpointUrl(text, development)).toMatchObject({ code: 'ENDPOINT_ADDRESS_NOT_ALLOWED' });
  },
);

test('a port that is opened is accepted, and the refusal of another names it too', () => {
  const policy = { ...production, allowedPorts: [587, 8443] };
  expect(checkEndpointUrl('https://example.com:587', policy)).toMatchObject({ ok: true });
  expect(checkEndpointUrl('https://10.0.0.1:587', policy)).toMatchObject({
    code: 'ENDPOINT_ADDRESS_NOT_ALLOWED',
  });
  expect(checkEndpointUrl('https://example.com:25', policy)).toMatchObject({
    code: 'INVALID_ENDPOINT_URL',
    message: expect.stringContaining('port 25; allowed are 443, 587 and 1024 to 65535.'),
  });
});

test('localhost is accepted where an allowed network holds a loopback address', () => {
  const policy = { ...production, allowedNetworks: ['127.0.0.0/8'] };
  expect(checkEndpointUrl('https://localhost:3000', policy)).toMatchObject({ ok: true });
});
