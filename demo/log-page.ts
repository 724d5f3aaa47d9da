import type { GraphQLClient } from 'graphql-request';
import { DemoLogPageDocument, type DemoLogPageQuery } from '../generated/operations.js';
import { type Column, line, rule, titles } from './columns.js';
import { endpointName } from './story.js';

type LoggedDelivery = DemoLogPageQuery['deliveries']['nodes'][number];

const columns: readonly Column[] = [
  { title: 'published', width: 12, align: 'left' },
  { title: 'event type', width: 26, align: 'left' },
  { title: 'endpoint', width: 8, align: 'left' },
  { title: 'status', width: 9, align: 'left' },
  { title: 'attempts', width: 8, align: 'right' },
  { title: 'code', width: 4, align: 'right' },
  { title: 'done after', width: 10, align: 'right' },
];

/** The pages of the webhook logs as tables, newest first, each fetched where the one before it ended. */
export async function* logPages(client: GraphQLClient, pageSize: number): AsyncGenerator<string> {
  let after: string | null = null;
  for (let page = 1; ; page += 1) {
    const { deliveries }: DemoLogPageQuery = await client.request(DemoLogPageDocument, {
      first: pageSize,
      after,
    });
    const pages = Math.ceil(deliveries.totalCount / pageSize);
    const heading = `Page ${page} of ${pages}, ${deliveries.totalCount} deliveries in all`;
    const rows = deliveries.nodes.map((delivery) => line(columns, cells(delivery)));
    yield [heading, '', titles(columns), rule(columns), ...rows].join('\n');
    if (!deliveries.pageInfo.hasNextPage) return;
    after = deliveries.pageInfo.endCursor;
  }
}

function cells(delivery: LoggedDelivery): string[] {
  const { createdAt, completedAt, lastAttempt } = delivery;
  return [
    createdAt.slice(11, 23),
    delivery.eventType,
    endpointName(delivery.subscription),
    delivery.status,
    String(delivery.attemptCount),
    String(lastAttempt?.response?.statusCode ?? '–'),
    completedAt === null ? '' : `${Date.parse(completedAt) - Date.parse(createdAt)} ms`,
  ];
}
