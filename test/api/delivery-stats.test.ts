import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  DeliveriesDocument,
  DeliveryStatsDocument,
  type DeliveryStatsQuery,
  type DeliveryStatsQueryVariables,
  type StatsInterval,
} from '../../generated/operations.js';
import { eventually } from '../support/eventually.js';
import { newEventType, publish, subscribe } from '../support/main-operations.js';
import { postGraphql } from '../support/post-graphql.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { startTendril, type Tendril } from '../support/tendril.js';

interface Made {
  subscriptionId: string;
  startedAtMs: number;
  durationMs: number;
  hasSucceeded: boolean;
}

let tendril: Tendril;
let receiver: Receiver;
let good: string;
let bad: string;
let attempts: Made[];
const minuteMs = 60_000;

beforeAll(async () => {
  // Slower from request to request, so that the percentiles differ.
  receiver = await startReceiver(
    ({ path }, earlier, response) => {
      setTimeout(() => response.writeHead(path === '/good' ? 200 : 500).end(), earlier * 8);
    },
    { stopAfterTest: false },
  );
  tendril = await startTendril(undefined, { stopAfterTest: false });
  const type = await newEventType(tendril);
  const once = { eventTypes: [type], retryPolicy: { scheduleSeconds: [] } };
  good = (await subscribe(tendril, { ...once, endpointUrl: `${receiver.url}/good` })).id;
  bad = (await subscribe(tendril, { ...once, endpointUrl: `${receiver.url}/bad` })).id;
  for (let event = 0; event < 15; event += 1) await publish(tendril, type);
  attempts = await eventually(async () => {
    const { deliveries } = await tendril.http().request(DeliveriesDocument, {
      filter: { statuses: ['DELIVERED', 'FAILED'] },
    });
    return deliveries.totalCount === 30 ? allAttempts() : undefined;
  });
});

afterAll(async () => {
  await tendril.stop();
  await receiver.close();
});

describe('deliveryStats', () => {
  test.each<[StatsInterval, number, number]>([
    ['MINUTE', minuteMs, 90 * minuteMs],
    ['HOUR', 60 * minuteMs, 50 * 60 * minuteMs],
    ['DAY', 1440 * minuteMs, 40 * 1440 * minuteMs],
  ])(
    'by the %s has a bucket for each, without gaps, and every attempt in its own',
    async (interval, stepMs, spanMs) => {
      const from = Date.now() - spanMs;
      const to = Date.now() + 1;
      const buckets = await stats({ from: iso(from), to: iso(to), interval });
      const first = Math.floor(from / stepMs) * stepMs;
      expect(buckets).toHaveLength(Math.ceil((to - first) / stepMs));
      for (const [index, bucket] of buckets.entries()) {
        const startsAtMs = first + index * stepMs;
        expect(bucket).toEqual(bucketOf(attempts, startsAtMs, stepMs));
      }
      expect(buckets.reduce((sum, bucket) => sum + bucket.attempts, 0)).toBe(30);
    },
  );

  test('of one subscription leaves out the others', async () => {
    const span = { from: iso(Date.now() - minuteMs * 5), to: iso(Date.now() + 1), interval: 'DAY' as const };
    const [ofGood, ofBad] = [await sum(span, good), await sum(span, bad)];
    expect(ofGood).toEqual({ attempts: 15, succeeded: 15, failed: 0 });
    expect(ofBad).toEqual({ attempts: 15, succeeded: 0, failed: 15 });
    for (const nobody of ['wsub_01h455vb4pex5vsknk084sn02q', 'x', '', good.replace('wsub', 'evt')]) {
      expect(await sum(span, nobody)).toEqual({ attempts: 0, succeeded: 0, failed: 0 });
    }
  });

  test('begins with the bucket that from lies in, and ends before to', async () => {
    const moments = attempts.map(({ startedAtMs }) => startedAtMs).toSorted((a, b) => a - b);
    const middle = moments[15] ?? 0;
    const before = await stats({ from: iso(middle - 1440 * minuteMs), to: iso(middle), interval: 'MINUTE' });
    const counted = before.reduce((all, bucket) => all + bucket.attempts, 0);
    expect(counted).toBe(moments.filter((moment) => moment < middle).length);
    const whole = await stats({ from: iso(middle), to: iso(middle + 1), interval: 'HOUR' });
    expect(whole[0]?.startsAt).toBe(iso(Math.floor(middle / 3_600_000) * 3_600_000));
  });

  test('of a span without length or attempts has empty buckets, or none', async () => {
    const midnight = '2020-02-29T00:00:00.000Z';
    expect(await stats({ from: midnight, to: midnight, interval: 'DAY' })).toEqual([]);
    expect(await stats({ from: midnight, to: '2020-03-02T00:00:00+00:00', interval: 'DAY' })).toEqual(
      [midnight, '2020-03-01T00:00:00.000Z'].map((startsAt) => bucketOf([], Date.parse(startsAt), minuteMs)),
    );
  });

  test('has 1500 buckets at most', async () => {
    const spanMs = 1500 * minuteMs;
    const from = Math.floor(Date.now() / minuteMs) * minuteMs;
    expect(await stats({ from: iso(from), to: iso(from + spanMs), interval: 'MINUTE' })).toHaveLength(1500);
    expect(await codes(iso(from), iso(from + spanMs + 1))).toEqual(['BAD_USER_INPUT']);
    expect(await codes('0001-01-01T00:00:00Z', '9999-12-31T00:00:00Z')).toEqual(['BAD_USER_INPUT']);
  });

  test('says which of its moments is none', async () => {
    const query = '{ deliveryStats(from: "yesterday", to: 7, interval: DAY) { attempts } }';
    const { errors } = await postGraphql(tendril, query);
    expect(errors?.map(({ locations }) => locations)).toEqual(
      ['"yesterday"', '7'].map((text) => [{ line: 1, column: query.indexOf(text) + 1 }]),
    );
  });

  test('cannot end before it begins', async () => {
    expect(await codes('2026-01-02T00:00:00Z', '2026-01-01T23:59:59Z')).toEqual(['BAD_USER_INPUT']);
  });
});

async function stats(
  variables: Omit<DeliveryStatsQueryVariables, 'subscriptionId'> & { subscriptionId?: string },
): Promise<DeliveryStatsQuery['deliveryStats']> {
  return (await tendril.http().request(DeliveryStatsDocument, variables)).deliveryStats;
}

async function sum(variables: DeliveryStatsQueryVariables, subscriptionId: string) {
  const total = { attempts: 0, succeeded: 0, failed: 0 };
  for (const bucket of await stats({ ...variables, subscriptionId })) {
    total.attempts += bucket.attempts;
    total.succeeded += bucket.succeeded;
    total.failed += bucket.failed;
  }
  return total;
}

async function codes(from: string, to: string): Promise<string[]> {
  const query = `{ deliveryStats(from: "${from}", to: "${to}", interval: MINUTE) { attempts } }`;
  return ((await postGraphql(tendril, query)).errors ?? []).map(({ extensions }) => extensions.code);
}

/** What a bucket of these attempts must be. */
function bucketOf(all: readonly Made[], startsAtMs: number, stepMs: number) {
  const within = all.filter(
    ({ startedAtMs }) => startedAtMs >= startsAtMs && startedAtMs < startsAtMs + stepMs,
  );
  const durations = within.map(({ durationMs }) => durationMs).toSorted((a, b) => a - b);
  const succeeded = within.filter(({ hasSucceeded }) => hasSucceeded).length;
  // Nearest rank: the least duration that so many of them do not exceed.
  const rank = (share: number) => durations[Math.ceil(share * durations.length) - 1] ?? null;
  return {
    startsAt: iso(startsAtMs),
    attempts: within.length,
    succeeded,
    failed: within.length - succeeded,
    p50DurationMs: rank(0.5),
    p95DurationMs: rank(0.95),
  };
}

async function allAttempts(): Promise<Made[]> {
  const { deliveries } = await tendril
    .http()
    .request<Listed>(
      '{ deliveries(first: 250) { nodes { subscription { id } attempts { startedAt durationMs outcome } } } }',
    );
  return deliveries.nodes.flatMap((delivery) =>
    delivery.attempts.map(({ startedAt, durationMs, outcome }) => ({
      subscriptionId: delivery.subscription.id,
      startedAtMs: Date.parse(startedAt),
      durationMs,
      hasSucceeded: outcome === 'SUCCEEDED',
    })),
  );
}

interface Listed {
  deliveries: {
    nodes: {
      subscription: { id: string };
      attempts: { startedAt: string; durationMs: number; outcome: string }[];
    }[];
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
