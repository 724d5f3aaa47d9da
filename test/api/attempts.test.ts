import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreateWebhookSubscriptionInput } from '../../generated/operations.js';
import {
  deliveryOnce,
  newEventType,
  publishForOne,
  type ShownDelivery,
  subscribe,
} from '../support/main-operations.js';
import { type RawReceiver, rawReceiver } from '../support/raw-receiver.js';
import { type Received, startReceiver } from '../support/receiver.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { startTendril, type Tendril } from '../support/tendril.js';

const run = promisify(execFile);
const curlIsThere = await run('curl', ['--version']).then(
  () => true,
  () => false,
);
const kept = 64 * 1024;

let tendril: Tendril;

beforeAll(async () => {
  tendril = await startTendril(undefined, { stopAfterTest: false });
});

afterAll(() => tendril.stop());

describe('the request of an attempt', () => {
  test('shows what was sent: method, URL, headers and the exact body', async () => {
    const receiver = await startReceiver();
    const headers = [{ name: 'X-Team', value: "it's `their` $own ü" }];
    const attempt = await attemptOf(
      { endpointUrl: `${receiver.url}/a%20b?c=d`, headers },
      { text: 'Zoë 🙂' },
    );
    const [sent] = receiver.received;
    expect(attempt.request).toMatchObject({ method: sent?.method, body: sent?.body });
    expect(attempt.request.url).toBe(`${receiver.url}${sent?.path}`);
    const shown = attempt.request.headers.map(({ name, value }) => [name.toLowerCase(), value]);
    expect(shown.toSorted()).toEqual(headersOf(sent).toSorted());
    expect(shown).toContainEqual(['x-team', "it's `their` $own ü"]);
    expect(shown).toContainEqual(['content-type', 'application/json']);
  });

  test.runIf(curlIsThere).each([
    ['a small body', { text: `it's "quoted" \\ \n $HOME \`ls\` !! ü 🙂 ${'%s'}`, list: [1, null] }],
    ['a body of more than 128 KiB', { text: "'".repeat(150_000) }],
  ])('as a curl command sends the same again: %s', async (_name, payload) => {
    const receiver = await startReceiver();
    const headers = [
      { name: 'X-Quoted', value: `it's "quoted" $HOME \\ \`ls\`` },
      { name: 'X-Empty', value: '' },
    ];
    const attempt = await attemptOf({ endpointUrl: `${receiver.url}/hook?a=[1]&b={2}`, headers }, payload);
    const script = join(await temporaryFolder(), 'again.sh');
    await writeFile(script, attempt.request.curl);
    await run('bash', [script], { timeout: 10_000 });
    const [first, again] = await receiver.waitFor(2);
    expect(again?.body).toBe(first?.body);
    expect([again?.method, again?.path]).toEqual([first?.method, first?.path]);
    expect(headersOf(again).toSorted()).toEqual(headersOf(first).toSorted());
    expect(first?.headers['webhook-signature']).toMatch(/^v1,/);
  });

  test('stays as it was when the subscription changes, or is deleted', async () => {
    const receiver = await startReceiver();
    const type = await newEventType(tendril);
    const headers = [{ name: 'x-version', value: 'first' }];
    const { id } = await subscribe(tendril, {
      endpointUrl: `${receiver.url}/first`,
      eventTypes: [type],
      headers,
    });
    const deliveryId = await publishForOne(tendril, type, { a: 1 });
    const before = await deliveryOnce(tendril, deliveryId, 'DELIVERED');
    const change =
      'endpointUrl: "http://127.0.0.1:9999/second", headers: [{ name: "x-version", value: "second" }]';
    await tendril
      .http()
      .request(
        `mutation { updateWebhookSubscription(input: { id: "${id}", ${change} }) { userErrors { code } } }`,
      );
    const attempts = async () => (await deliveryOnce(tendril, deliveryId, 'DELIVERED')).attempts;
    expect(await attempts()).toEqual(before.attempts);
    await tendril.http().request(`mutation { deleteWebhookSubscription(id: "${id}") { deletedId } }`);
    expect(await attempts()).toEqual(before.attempts);
  });
});

describe('the response of an attempt', () => {
  const answered: [name: string, status: number, body: string | Buffer, shown: string, truncated: boolean][] =
    [
      ['no body', 204, '', '', false],
      ['a text', 200, 'thanks, Zoë', 'thanks, Zoë', false],
      ['a body of 64 KiB', 201, 'x'.repeat(kept), 'x'.repeat(kept), false],
      ['a body of one byte more', 200, 'x'.repeat(kept + 1), 'x'.repeat(kept), true],
      ['a body of 5 MB', 200, 'y'.repeat(5_000_000), 'y'.repeat(kept), true],
      [
        'bytes that are no text',
        200,
        Buffer.from([0x61, 0, 0xff, 0xfe, 0x62]),
        'a\0\u{fffd}\u{fffd}b',
        false,
      ],
      ['a failure with its reason', 400, '{"error":"no such account"}', '{"error":"no such account"}', false],
    ];

  test.each(answered)('keeps %s', async (_name, status, body, shown, truncated) => {
    const receiver = await startReceiver((_request, _earlier, response: ServerResponse) => {
      response.writeHead(status, { 'x-answered-by': 'the receiver', 'set-cookie': ['a=1', 'b=2'] }).end(body);
    });
    const { response, outcome, error } = await attemptOf({ endpointUrl: receiver.url });
    expect(response).toMatchObject({ statusCode: status, bodyTruncated: truncated });
    // Compared outside of expect, which would print the 64 KiB.
    expect(response?.body === shown).toBe(true);
    expect(response?.headers).toContainEqual({ name: 'x-answered-by', value: 'the receiver' });
    expect(response?.headers.filter(({ name }) => name === 'set-cookie')).toHaveLength(2);
    expect(outcome).toBe(status < 300 ? 'SUCCEEDED' : 'REJECTED');
    expect(error === null).toBe(status < 300);
  });

  test('is never unpacked', async () => {
    const packed = gzipSync('z'.repeat(10_000_000));
    const receiver = await startReceiver((_request, _earlier, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed);
    });
    const { response } = await attemptOf({ endpointUrl: receiver.url });
    expect(response).toMatchObject({ statusCode: 200, bodyTruncated: false });
    expect(response?.body.length).toBeLessThanOrEqual(packed.length);
  });

  test('is null, with a reason for a person, when none came', async () => {
    const closed = await startReceiver();
    await closed.close();
    const broken: RawReceiver = await rawReceiver((socket) => socket.destroy());
    const strange: RawReceiver = await rawReceiver((socket) => socket.end('hello\r\n\r\n'));
    const silent = await startReceiver(() => undefined);
    const cases = [
      [closed.url, 'CONNECTION_FAILED', /refused/i],
      [broken.url, 'CONNECTION_FAILED', /clos|reset|broke/i],
      [strange.url, 'CONNECTION_FAILED', /HTTP|answer/i],
      [silent.url, 'TIMED_OUT', /1 second|1000|1 s/i],
      ['http://does-not-exist.invalid/', 'CONNECTION_FAILED', /name|found|look/i],
    ] as const;
    for (const [endpointUrl, outcome, reason] of cases) {
      const attempt = await attemptOf({ endpointUrl, timeoutSeconds: 1 });
      expect(attempt).toMatchObject({ outcome, response: null, error: expect.stringMatching(reason) });
      expect(attempt.error).not.toMatch(/\d+\.\d+\.\d+\.\d+|node:|\.[jt]s/);
      expect(attempt.request.body).toContain('"data"');
    }
  });
});

test('attempts are told oldest first, with numbers from 1, and lastAttempt is the last of them', async () => {
  const receiver = await startReceiver((_request, earlier, response) => {
    response.writeHead(earlier < 2 ? 500 + earlier : 200).end();
  });
  const type = await newEventType(tendril);
  const retryPolicy = { scheduleSeconds: [1, 1] };
  await subscribe(tendril, { endpointUrl: receiver.url, eventTypes: [type], retryPolicy });
  const { id, attempts } = await deliveryOnce(tendril, await publishForOne(tendril, type), 'DELIVERED');
  expect(attempts.map(({ number, trigger, response }) => [number, trigger, response?.statusCode])).toEqual([
    [1, 'SCHEDULE', 500],
    [2, 'SCHEDULE', 501],
    [3, 'SCHEDULE', 200],
  ]);
  const moments = attempts.map(({ startedAt }) => Date.parse(startedAt));
  expect(moments).toEqual(moments.toSorted((a, b) => a - b));
  const { delivery } = await tendril
    .http()
    .request<{ delivery: unknown }>(`{ delivery(id: "${id}") { attemptCount lastAttempt { id number } } }`);
  expect(delivery).toEqual({ attemptCount: 3, lastAttempt: { id: attempts[2]?.id, number: 3 } });
});

/** Subscribes, publishes one event, and gives the first attempt of its delivery. */
async function attemptOf(
  input: Omit<CreateWebhookSubscriptionInput, 'eventTypes'>,
  payload: unknown = {},
): Promise<ShownDelivery['attempts'][number]> {
  const type = await newEventType(tendril);
  await subscribe(tendril, { ...input, eventTypes: [type] });
  const id = await publishForOne(tendril, type, payload);
  const { attempts } = await deliveryOnce(tendril, id, (delivery) => delivery.attempts.length > 0);
  const [attempt] = attempts;
  if (!attempt) throw new Error('there is no attempt');
  return attempt;
}

/** The headers as they came, but for those that HTTP itself adds. */
function headersOf(request: Received | undefined): string[][] {
  const raw = request?.rawHeaders ?? [];
  const pairs = Array.from({ length: raw.length / 2 }, (_, index) => raw.slice(2 * index, 2 * index + 2));
  return pairs
    .map(([name = '', value = '']) => [name.toLowerCase(), value])
    .filter(([name = '']) => !['host', 'content-length', 'connection'].includes(name));
}
