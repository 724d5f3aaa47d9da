import { GraphQLClient } from 'graphql-request';
import { Pool } from 'pg';
import { pino } from 'pino';
import { dropOldPartitions } from '../src/storage/drop-old-partitions.js';
import { makeDayIndexes } from '../src/storage/make-day-indexes.js';
import type { Benchmark } from './benchmark.js';
import type { Figure } from './figure.js';
import { fillLog, fillOldDay } from './fill-log.js';
import { type LogQuestion, logQuestions } from './log-questions.js';
import { percentile } from './percentile.js';

const benchmark = 'logs';
const days = 30;
const asksEach = 20;
const warmUps = 3;
const retentionDays = 30;
const largestOldDay = 1_000_000;

/** The logs of many days: how long a page takes, by each filter and by search, and how long an old day takes to be dropped. */
export const logs: Benchmark = {
  name: benchmark,
  async run(stage) {
    const { url, key, postgresUrl } = await stage.freshTendril();
    const nowMs = Date.now();
    const log = await fillLog(postgresUrl, { deliveries: stage.logRows, days }, nowMs);
    const pool = new Pool({ connectionString: postgresUrl, max: 2 });
    try {
      const indexing = await timed(() =>
        makeDayIndexes(pool, nowMs, pino({ level: 'silent' }), new AbortController().signal),
      );
      const client = new GraphQLClient(`${url}/graphql`, { headers: { Authorization: `Bearer ${key}` } });
      const pages: Figure[] = [];
      for (const question of logQuestions(log)) pages.push(await ask(client, question));
      const oldDay = Math.min(stage.logRows, largestOldDay);
      await fillOldDay(postgresUrl, oldDay, nowMs - 2 * retentionDays * dayMs);
      return [...pages, indexFigure(indexing), ...(await dropDay(pool, oldDay, nowMs))];
    } finally {
      await pool.end();
      await stage.stopTendril();
    }
  },
};

const dayMs = 86_400_000;

async function ask(client: GraphQLClient, { what, list, args, atMostMs }: LogQuestion): Promise<Figure> {
  const fields = {
    deliveries: 'id status eventType createdAt attemptCount',
    events: 'id type createdAt idempotencyKey',
  }[list];
  const query = `{ ${list}(${args}) { nodes { ${fields} } pageInfo { endCursor hasNextPage } } }`;
  const tookMs: number[] = [];
  let found = 0;
  for (let index = -warmUps; index < asksEach; index += 1) {
    const beganMs = performance.now();
    const answer = await client.request<{ [name: string]: { nodes: unknown[] } }>(query);
    if (index >= 0) tookMs.push(performance.now() - beganMs);
    found = answer[list]?.nodes.length ?? 0;
  }
  const note = `p50 ${percentile(tookMs, 50).toFixed(1)} ms, ${found} rows`;
  const value = percentile(tookMs, 95);
  return { benchmark, what: `${what}: p95`, value, unit: 'ms', target: { atMost: atMostMs }, note };
}

function indexFigure(tookMs: number): Figure {
  return { benchmark, what: 'search indexes of 29 days, made in the background', value: tookMs, unit: 'ms' };
}

/** Events and attempts go one run after their deliveries. */
async function dropDay(pool: Pool, size: number, nowMs: number): Promise<Figure[]> {
  const drop = () => timed(() => dropOldPartitions(pool, nowMs, retentionDays));
  const of = `a day of ${size.toLocaleString('en')}`;
  const target = { atMost: 1000 };
  return [
    { benchmark, what: `dropping ${of}: deliveries`, value: await drop(), unit: 'ms', target },
    { benchmark, what: `dropping ${of}: events and attempts`, value: await drop(), unit: 'ms', target },
  ];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await work();
  return performance.now() - beganMs;
}
