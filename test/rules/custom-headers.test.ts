import { describe, expect, test } from 'vitest';
import { checkCustomHeaders } from '../../src/rules/custom-headers.js';

const faultsIn = (headers: { name: string; value: string }[]) =>
  checkCustomHeaders(headers, ['x-ivy-signature', 'x-ivymail-signature']);

test.each([
  ['Authorization', 'Bearer abc'],
  ['X-Team', ''],
  ['x-team', 'caf\u00e9\tau lait'],
  ['User-Agent', 'our-hooks/1'],
  ['X-Amzn-Thing', 'a'],
  ['x-big', 'v'.repeat(4096 - 5)],
])('%s can be set', (name, value) => {
  expect(faultsIn([{ name, value }])).toEqual([]);
});

describe('a header that frames the request, passes for another sender, or carries a signature cannot be set', () => {
  test.each([
    ...[
      'host',
      'Host',
      'content-length',
      'transfer-encoding',
      'connection',
      'te',
      'upgrade',
      'expect',
      'cookie',
    ],
    ...[
      'webhook-id',
      'Webhook-Signature',
      'webhook-anything',
      'x-forwarded-for',
      'X-Forwarded-Host',
      'forwarded',
    ],
    ...['metadata-flavor', 'X-aws-ec2-metadata-token', 'x-aws-ec2-metadata-token-ttl-seconds', 'keep-alive'],
    ...['proxy-connection', 'trailer', 'content-type', 'content-encoding', 'x-ivy-signature'],
    ...['X-IvyMail-Signature', 'x-amz-sns-message-type'],
  ])('%s', (name) => {
    expect(faultsIn([{ name, value: 'x' }])).toMatchObject([{ index: 0, field: 'name' }]);
  });
});

test.each(['', ' ', 'X Team', 'X-Team:', 'X-Täam', 'X-Team\r\nHost', '@x', 'x\u0000'])(
  '%j is not a header name',
  (name) => {
    expect(faultsIn([{ name, value: 'x' }])).toMatchObject([{ index: 0, field: 'name' }]);
  },
);

test.each(['a\r\nHost: evil', 'a\nb', 'a\rb', 'a\u0000b', 'a\u007fb', 'a\u0001', '\u0100', '\u{1f600}'])(
  '%j is not a header value',
  (value) => {
    expect(faultsIn([{ name: 'x-a', value }])).toMatchObject([{ index: 0, field: 'value' }]);
  },
);

test('a header of more than 4 KiB is refused', () => {
  expect(faultsIn([{ name: 'x-big', value: 'v'.repeat(4096 - 4) }])).toMatchObject([{ field: 'value' }]);
});

test('a name that comes twice, in any case, is refused at its second place', () => {
  const headers = ['X-A', 'x-b', 'x-a'].map((name) => ({ name, value: '' }));
  expect(faultsIn(headers)).toMatchObject([{ index: 2, field: 'name' }]);
});

test('twenty headers are accepted, and the twenty-first is refused', () => {
  const headers = Array.from({ length: 21 }, (_, index) => ({ name: `x-${index}`, value: '' }));
  expect(faultsIn(headers.slice(0, 20))).toEqual([]);
  expect(faultsIn(headers)).toMatchObject([
    { index: 20, field: 'name', message: expect.stringContaining('21') },
  ]);
});

test('what comes after the twenty-first is not looked at', () => {
  const headers = Array.from({ length: 30_000 }, () => ({ name: 'host', value: '\n' }));
  expect(faultsIn(headers)).toHaveLength(42);
});

test('all faults are told at once', () => {
  const headers = [
    { name: 'host', value: 'a\nb' },
    { name: 'x-fine', value: 'x' },
    { name: 'not a name', value: 'x' },
  ];
  expect(faultsIn(headers).map(({ index, field }) => `${index}.${field}`)).toEqual([
    '0.name',
    '0.value',
    '2.name',
  ]);
});
