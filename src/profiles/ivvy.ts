import { messageHeaders, notificationBody, subscriptionArn, topicArn } from '../rules/sns-messages.js';
import type { Profile } from './profile.js';
import { standard } from './standard.js';

/**
 * iVvy, venue management. Stated: SNS messages, and nothing sent before the receiver has confirmed; the inner message's fields.
 * Ours: 20, 20, 20, 300, 1200, 3600 s; the topic's name; the event's id as MessageId and TxnId, so that both are the same on every attempt.
 */
export const ivvy: Profile = {
  ...standard,
  name: 'IVVY',
  description: 'iVvy: SNS-shaped messages to notification endpoints that have confirmed their subscription.',
  retryScheduleSeconds: [20, 20, 20, 300, 1200, 3600],
  jitter: 0,
  requiresConfirmation: true,
  message({ event, publishedBy, subscriptionId, topic, sender }) {
    const arn = topicArn(sender.region, event.workspaceId, topic);
    const notification = {
      messageId: event.uuid,
      accountId: event.workspaceId,
      topicArn: arn,
      subscriptionArn: subscriptionArn(arn, subscriptionId),
      subject: event.type,
      body: event.payload,
      sourceInfo: publishedBy === null ? null : JSON.stringify({ ApiKey: publishedBy }),
      timestamp: event.createdAt,
      transactionId: event.id,
    };
    return notificationBody(notification, sender);
  },
  headers: ({ body, subscriptionId }) => messageHeaders(body, subscriptionId),
};
