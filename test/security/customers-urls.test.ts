import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  CreateWebhookSubscriptionDocument,
  type CreateWebhookSubscriptionInput,
  UpdateWebhookSubscriptionDocument,
} from '../../generated/operations.js';
import { toTypeId } from '../../src/storage/typeid.js';
import { eventually } from '../support/eventually.js';
import {
  deliveryIds,
  deliveryOnce,
  newEventType,
  publish,
  publishForOne,
  type ShownDelivery,
  subscribe,
} from '../support/main-operations.js';
import { answerName } from '../support/rebound-names.js';
import { type Env, freshEnv, startTendril, type Tendril } from '../support/tendril.js';

vi.mock('node:dns/promises', async (original) => {
  const { lookUpTold } = await import('../support/rebound-names.js');
  return { ...(await original<typeof import('node:dns/promises')>()), lookup: lookUpTold };
});

// One of each network that is not public, and the spellings that other checks have fallen for.
const forbidden = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.100.100.200', '127.0.0.1'],
  ...['127.255.255.254', '169.254.169.254', '169.254.170.2', '172.16.0.1', '172.31.255.255', '192.0.0.1'],
  ...['192.0.0.170', '192.0.2.1', '192.31.196.1', '192.52.193.1', '192.88.99.1', '192.168.0.1'],
  ...['192.175.48.1', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1'],
  ...['239.255.255.255', '240.0.0.1', '255.255.255.255', '::', '::1', '::127.0.0.1', '::ffff:127.0.0.1'],
  ...['::ffff:7f00:1', '::ffff:a9fe:a9fe', '::ffff:0:7f00:1', '64:ff9b::7f00:1', '64:ff9b:1::1', '100::1'],
  ...['2001::1', '2001:db8::1', '2002:7f00:1::', '3fff::1', '5f00::1', 'fc00::1', 'fd00:ec2::254'],
  ...['fe80::1', 'fec0::1', 'ff02::1'],
];
const open = [
  ...['1.1.1.1', '8.8.8.8', '192.0.1.1', '2001:4860:4860::8888', '2606:4700:4700::1111', '::ffff:8.8.8.8'],
];
/** Stands for the internet: the one address of this machine that the server may send to. */
const outside = '127.0.0.2';

/** Listens on every address of this machine, on one port; what reaches it otherwise than by `outside` is a hit. */
const listener = createServer((request, response) => answer(request, response));
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let hits: string[] = [];
let port: number;
let env: Env;
let tendril: Tendril;
let type: string;
let names = 0;

beforeAll(async () => {
  listener.on('connection', ({ localAddress = '' }) => {
    if (localAddress !== outside && localAddress !== `::ffff:${outside}`) hits.push(localAddress);
  });
  listener.listen(0, '::');
  await once(listener, 'listening');
  port = (listener.address() as AddressInfo).port;
  env = await freshEnv({
    ALLOWED_NETWORKS: `${outside}/32`,
    PUBLIC_URL: 'https://hooks.tendril.example',
    // From a loopback address nothing can be sent to a public one: the system refuses, and no test leaves this machine.
    SOURCE_IP_ADDRESSES: '127.0.0.1,::1',
  });
  const permissive = await startTendril(
    { ...env, ALLOWED_NETWORKS: '0.0.0.0/0,::/0' },
    { stopAfterTest: false },
  );
  tendril = permissive;
  type = 'payout.paid';
  for (const address of forbidden) await subscribe(permissive, subscriptionAt(hostOf(address)));
  await permissive.stop();
  tendril = await startTendril(env, { stopAfterTest: false });
});

afterAll(async () => {
  await tendril.stop();
  listener.closeAllConnections();
  await new Promise((resolve) => listener.close(resolve));
});

beforeEach(async () => {
  hits = [];
  answer = (_request, response) => response.writeHead(500, { connection: 'close' }).end();
  type = await newEventType(tendril);
});

test('the matrix is whole', () => {
  expect([new Set(forbidden).size, new Set(open).size]).toEqual([48, 6]);
});

describe('none of 48 addresses that are not public is taken or sent to, and 6 that are public are,', () => {
  test('when a subscription is created', async () => {
    for (const address of forbidden)
      expect([address, ...(await refusalsOf(urlAt(hostOf(address))))]).toEqual([
        address,
        'ENDPOINT_ADDRESS_NOT_ALLOWED',
      ]);
    for (const address of open)
      expect([address, ...(await refusalsOf(urlAt(hostOf(address))))]).toEqual([address]);
  });

  test('when a subscription is updated', async () => {
    const { id } = await subscribe(tendril, subscriptionAt('hooks.example'));
    const codesOf = async (address: string) => {
      const input = { id, endpointUrl: urlAt(hostOf(address)) };
      const { updateWebhookSubscription } = await tendril
        .http()
        .request(UpdateWebhookSubscriptionDocument, { input });
      return updateWebhookSubscription.userErrors.map(({ code }) => code);
    };
    for (const address of forbidden)
      expect([address, ...(await codesOf(address))]).toEqual([address, 'ENDPOINT_ADDRESS_NOT_ALLOWED']);
    for (const address of open) expect([address, ...(await codesOf(address))]).toEqual([address]);
  });

  test('when an event is first delivered to a name', async () => {
    const addressOf = await subscribeNames((address) => [[address]]);
    const deliveries = await deliveriesOf(await publish(tendril, type), addressOf.size, 1);
    for (const delivery of deliveries)
      expectOutcome(delivery, addressOf.get(delivery.subscription?.id ?? ''));
    expect(hits).toEqual([]);
  });

  test('when an event is first delivered to an address that was saved while more was allowed', async () => {
    const deliveries = await deliveriesOf(await publish(tendril, 'payout.paid'), forbidden.length, 1);
    for (const delivery of deliveries) expectRefusal(delivery);
    expect(hits).toEqual([]);
  });

  test('when a delivery is retried, and its name has been rebound', async () => {
    const addressOf = await subscribeNames((address) => [[outside], [address]]);
    const deliveries = await deliveriesOf(await publish(tendril, type), addressOf.size, 2);
    for (const delivery of deliveries) {
      expect(delivery.attempts[0]).toMatchObject({ outcome: 'REJECTED', response: { statusCode: 500 } });
      expectOutcome(delivery, addressOf.get(delivery.subscription?.id ?? ''));
    }
    expect(hits).toEqual([]);
  });

  test('when a receiver is asked to confirm, at once or again', async () => {
    const more = { profile: 'IVVY' } as const;
    const fixed = await subscribeNames((address) => [[address]], more);
    const rebound = await subscribeNames((address) => [[outside], [address]], more);
    const failures = (addressOf: ReadonlyMap<string, string>, attempt: number) =>
      tendril.log.filter((line) => {
        if (!line.includes('a confirmation did not get through')) return false;
        const made = JSON.parse(line) as { subscription: string; attempt: number };
        return made.attempt === attempt && addressOf.has(toTypeId('wsub', made.subscription));
      });
    await eventually(() => failures(fixed, 1).length === 54 && failures(rebound, 1).length === 54, 20_000);
    await askAgain();
    await eventually(() => failures(rebound, 2).length === 54, 20_000);
    const refused = [...failures(fixed, 1), ...failures(rebound, 2)].filter((line) =>
      line.includes('is not allowed'),
    );
    expect(refused).toHaveLength(2 * forbidden.length);
    expect(hits).toEqual([]);
  });
});

describe('an endpoint is refused', () => {
  test.each([
    ...['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '%31%32%37.0.0.1', '１２７.0.0.1'],
    ...[
      'localhost',
      'LOCALHOST.',
      'a.localhost',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[::FFFF:7F00:0001]',
    ],
    ...['[0:0:0:0:0:ffff:127.0.0.1]', '[0000:0000:0000:0000:0000:ffff:7f00:0001]', '[::ffff:0:7f00:1]'],
    ...['[::127.0.0.1]', '[::ffff:a9fe:a9fe]', '[::ffff:10.0.0.1]'],
  ])('that spells an inner address as %s', async (host) => {
    expect(await refusalsOf(urlAt(host))).toEqual(['ENDPOINT_ADDRESS_NOT_ALLOWED']);
  });

  test.each([
    ...['https://user:password@hooks.example/', 'https://user@hooks.example/', 'https://@hooks.example/'],
    ...['javascript:alert(1)', 'file:///etc/passwd', 'ftp://hooks.example/', 'gopher://hooks.example/'],
    ...['data:text/plain,x', 'ws://hooks.example/', '//hooks.example/', 'https:hooks.example'],
    ...['https://hooks.example:22/', 'https://hooks.example:0/', 'https://hooks.example:1023/'],
    ...['https://hooks.example:65536/', 'https://hooks.example/#a', 'https://hooks.example/\n', ''],
    ...['https://hooks.example\\@127.0.0.1/'],
  ])('that is written %j', async (url) => {
    expect(await refusalsOf(url)).toEqual(['INVALID_ENDPOINT_URL']);
  });

  test('that is this server, under any name and at any address that it has', async () => {
    const own = new URL(tendril.url).port;
    const addresses = Object.values(networkInterfaces()).flatMap((all) =>
      (all ?? []).map(({ address, scopeid }) => (scopeid ? address.split('%')[0] : address) ?? ''),
    );
    const everywhere = await startTendril({ ...env, HOST: '0.0.0.0', ALLOWED_NETWORKS: '0.0.0.0/0,::/0' });
    const { port: wide } = new URL(everywhere.url);
    for (const host of ['127.0.0.1', 'localhost', outside, '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0'])
      expect([host, ...(await refusalsOf(`http://${host}:${own}/graphql`))]).toEqual([
        host,
        'ENDPOINT_ADDRESS_NOT_ALLOWED',
      ]);
    for (const address of addresses)
      expect([
        address,
        ...(await refusalsOf(`http://${hostOf(address)}:${wide}/graphql`, everywhere)),
      ]).toEqual([address, 'ENDPOINT_ADDRESS_NOT_ALLOWED']);
    for (const url of ['https://hooks.tendril.example/', 'https://HOOKS.tendril.example.:443/graphql'])
      expect(await refusalsOf(url)).toEqual(['ENDPOINT_ADDRESS_NOT_ALLOWED']);
  });
});

test('a name that leads to this server is not sent to', async () => {
  answerName('self.test', [outside]);
  await subscribe(tendril, {
    endpointUrl: `http://self.test:${new URL(tendril.url).port}`,
    eventTypes: [type],
  });
  const [delivery] = await deliveriesOf(await publish(tendril, type), 1, 1);
  expect(delivery?.attempts).toMatchObject([{ outcome: 'ADDRESS_REFUSED', response: null }]);
});

test('one forbidden address among the answers refuses them all', async () => {
  const seen: string[] = [];
  answer = (_request, response) => {
    seen.push('outside');
    response.writeHead(204).end();
  };
  const mixed = forbidden.flatMap((address) => [
    [outside, address],
    [address, outside],
  ]);
  for (const [index, addresses] of mixed.entries()) {
    answerName(`mixed${index}.test`, addresses);
    await subscribe(tendril, subscriptionAt(`mixed${index}.test`));
  }
  for (const delivery of await deliveriesOf(await publish(tendril, type), mixed.length, 1))
    expectRefusal(delivery);
  expect([...hits, ...seen]).toEqual([]);
});

test.each([301, 302, 303, 307, 308])(
  'a redirect to an inner address (%i) is on record and is not followed',
  async (status) => {
    answer = (_request, response) =>
      response.writeHead(status, { location: `http://127.0.0.1:${port}/`, connection: 'close' }).end();
    await subscribe(tendril, { ...subscriptionAt(outside), retryPolicy: { scheduleSeconds: [3600] } });
    const delivery = await deliveryOnce(tendril, await publishForOne(tendril, type), 'RETRYING');
    expect(delivery.attempts).toMatchObject([{ outcome: 'REJECTED', response: { statusCode: status } }]);
    expect(hits).toEqual([]);
  },
);

test('a look-up that fails tells nothing of the resolver', async () => {
  await subscribe(tendril, { ...subscriptionAt('nowhere.test'), retryPolicy: { scheduleSeconds: [3600] } });
  const delivery = await deliveryOnce(tendril, await publishForOne(tendril, type), 'RETRYING');
  expect(delivery.attempts[0]?.error).toBe("The endpoint's host name has no address. (ENOTFOUND)");
  expect(JSON.stringify(delivery)).not.toContain('getaddrinfo');
});

function hostOf(address: string): string {
  return isIPv6(address) ? `[${address}]` : address;
}

function urlAt(host: string): string {
  return `http://${host}:${port}/hook`;
}

function subscriptionAt(host: string): CreateWebhookSubscriptionInput {
  return { endpointUrl: urlAt(host), eventTypes: [type], retryPolicy: { scheduleSeconds: [1] } };
}

/** A subscription at a name of its own for each address of the matrix; gives the addresses by the subscriptions' ids. */
async function subscribeNames(
  answersFor: (address: string) => string[][],
  more: Partial<CreateWebhookSubscriptionInput> = {},
): Promise<ReadonlyMap<string, string>> {
  const addressOf = new Map<string, string>();
  const adding = [...forbidden, ...open].map(async (address) => {
    const name = `name${names++}.test`;
    answerName(name, ...answersFor(address));
    addressOf.set((await subscribe(tendril, { ...subscriptionAt(name), ...more })).id, address);
  });
  await Promise.all(adding);
  return addressOf;
}

/** The codes that a new subscription at a URL is refused with. */
async function refusalsOf(endpointUrl: string, at: Tendril = tendril): Promise<string[]> {
  const input = { endpointUrl, eventTypes: [type] };
  const { createWebhookSubscription } = await at.http().request(CreateWebhookSubscriptionDocument, { input });
  return createWebhookSubscription.userErrors.map(({ code }) => code);
}

/** An event's deliveries, so many, each with so many attempts made. */
async function deliveriesOf(event: string, count: number, attempts: number): Promise<ShownDelivery[]> {
  const ids = await deliveryIds(tendril, { eventIds: [event] });
  expect(ids).toHaveLength(count);
  const made = (delivery: ShownDelivery) =>
    delivery.attempts.length >= attempts && delivery.status !== 'SENDING';
  return Promise.all(ids.map((id) => deliveryOnce(tendril, id, made, 25_000)));
}

function expectOutcome(delivery: ShownDelivery, address = ''): void {
  if (forbidden.includes(address)) expectRefusal(delivery, address);
  else expect([address, delivery.attempts.at(-1)?.outcome]).toEqual([address, 'CONNECTION_FAILED']);
}

function expectRefusal(delivery: ShownDelivery, address?: string): void {
  expect(delivery).toMatchObject({ status: 'FAILED', failureReason: 'ADDRESS_NOT_ALLOWED' });
  const refused = delivery.attempts.at(-1);
  expect(refused).toMatchObject({ outcome: 'ADDRESS_REFUSED', response: null });
  expect(refused?.error).toMatch(/^Nothing was sent, because the endpoint's address is not allowed: [^.]+/);
  // A network that begins with the address is named as such: 0.0.0.0/8.
  if (address) expect(refused?.error?.replace(/\S+\/\d+/, '')).not.toContain(address);
}

/** Moves the clock on for those who have not answered: they are asked again now. */
async function askAgain(): Promise<void> {
  const client = new Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  await client.query('UPDATE confirmation SET next_attempt_at = now() WHERE request IS NOT NULL');
  await client.end();
}
