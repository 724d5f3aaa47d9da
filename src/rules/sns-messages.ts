import { type KeyObject, sign } from 'node:crypto';

/** What SNS-shaped messages are signed with, and what they say of their sender. */
export interface MessageSender {
  /** Without a slash at its end; what URLs in messages begin with. */
  readonly publicUrl: string;
  readonly region: string;
  /** A UUID. */
  readonly certificateId: string;
  /** The certificate's RSA key. */
  readonly privateKey: KeyObject;
}

/** A fact to notify of. */
export interface Notification {
  /** A UUID; the same on every attempt. */
  readonly messageId: string;
  /** The workspace's TypeID. */
  readonly accountId: string;
  readonly topicArn: string;
  readonly subscriptionArn: string;
  readonly subject: string;
  /** The payload as JSON text. */
  readonly body: string;
  /** JSON text of where it came from; null where that is not known. */
  readonly sourceInfo: string | null;
  readonly timestamp: Date;
  readonly transactionId: string;
}

/** A message about the subscription itself. */
export interface ConfirmationMessage {
  readonly type: ConfirmationType;
  readonly messageId: string;
  readonly topicArn: string;
  readonly token: string;
  readonly timestamp: Date;
}

/** The messages about a subscription. */
export type ConfirmationType = 'SubscriptionConfirmation' | 'UnsubscribeConfirmation';

type Fields = Readonly<Record<string, string | number>>;

// In the order that the signature wants, which is the alphabet's; keys that a message has not are left out.
const notificationKeys = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'];
const confirmationKeys = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
const innerKeys = [
  'AccountId',
  'Body',
  'Region',
  'SourceInfo',
  'SourceType',
  'Subject',
  'Timestamp',
  'TxnId',
];
// iVvy: 0 is unknown, 1 the API.
const sourceTypes = { unknown: 0, api: 1 };

/** The name of what a subscription is to: a notification endpoint, or the subscription itself. */
export function topicArn(region: string, workspaceId: string, endpoint: string): string {
  return `arn:tendril:sns:${region}:${workspaceId}:${endpoint}`;
}

/** Where a certificate is served, below the public URL. */
function certificatePath(certificateId: string): string {
  return `/certificates/${certificateId}.pem`;
}

/** The text that a message's signature is over. */
function stringToSign(fields: Fields, keys: readonly string[]): string {
  return keys
    .filter((key) => key in fields)
    .map((key) => `${key}\n${fields[key]}\n`)
    .join('');
}

/** Makes the body of a Notification: the event as a message of its own, signed, in an SNS envelope that is signed too. */
export async function notificationBody(notification: Notification, sender: MessageSender): Promise<string> {
  const { subject, body, sourceInfo, transactionId } = notification;
  const timestamp = notification.timestamp.toISOString();
  const known = {
    AccountId: notification.accountId,
    Subject: subject,
    Body: body,
    Region: sender.region,
    ...(sourceInfo === null ? {} : { SourceInfo: sourceInfo }),
    SourceType: sourceInfo === null ? sourceTypes.unknown : sourceTypes.api,
    Timestamp: timestamp,
    TxnId: transactionId,
  };
  const message = {
    ...known,
    Signature: await signature(known, innerKeys, sender),
    SigningPublicKeyPath: certificatePath(sender.certificateId),
  };
  return enveloped(
    {
      Type: 'Notification',
      MessageId: notification.messageId,
      TopicArn: notification.topicArn,
      Subject: subject,
      Message: JSON.stringify(message),
      Timestamp: timestamp,
    },
    notificationKeys,
    sender,
    { UnsubscribeURL: `${sender.publicUrl}/unsubscribe?SubscriptionArn=${notification.subscriptionArn}` },
  );
}

/** Makes the body of a message about a subscription, with the token that confirms it. */
export function confirmationBody(confirmation: ConfirmationMessage, sender: MessageSender): Promise<string> {
  return enveloped(
    {
      Type: confirmation.type,
      MessageId: confirmation.messageId,
      Token: confirmation.token,
      TopicArn: confirmation.topicArn,
      Message: explanations[confirmation.type](confirmation.topicArn),
      SubscribeURL: `${sender.publicUrl}/confirm?token=${confirmation.token}`,
      Timestamp: confirmation.timestamp.toISOString(),
    },
    confirmationKeys,
    sender,
    {},
  );
}

const explanations = {
  SubscriptionConfirmation: (topic: string) =>
    `You have chosen to subscribe to the topic ${topic}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
  UnsubscribeConfirmation: (topic: string) =>
    `The subscription to the topic ${topic} has ended: nothing more is sent.\nTo have notifications again, subscribe anew; the SubscribeURL included in this message tells how.`,
};

/**
 * The HTTP headers of a message, which repeat what its body says.
 * @param subscriptionId the subscription's uuid; the confirmation of a subscription does not tell it yet
 */
export function messageHeaders(body: string, subscriptionId: string): Readonly<Record<string, string>> {
  const { Type, MessageId, TopicArn } = JSON.parse(body) as Record<string, string>;
  return {
    'content-type': 'text/plain; charset=UTF-8',
    'x-amz-sns-message-type': Type ?? '',
    'x-amz-sns-message-id': MessageId ?? '',
    'x-amz-sns-topic-arn': TopicArn ?? '',
    ...(Type === 'SubscriptionConfirmation'
      ? {}
      : { 'x-amz-sns-subscription-arn': subscriptionArn(TopicArn ?? '', subscriptionId) }),
  };
}

/** The name of one subscription to a topic. */
export function subscriptionArn(topic: string, subscriptionId: string): string {
  return `${topic}:${subscriptionId}`;
}

async function enveloped(
  fields: Fields,
  keys: readonly string[],
  sender: MessageSender,
  unsigned: Fields,
): Promise<string> {
  return JSON.stringify({
    ...fields,
    SignatureVersion: '2',
    Signature: await signature(fields, keys, sender),
    SigningCertURL: `${sender.publicUrl}${certificatePath(sender.certificateId)}`,
    ...unsigned,
  });
}

// RSASSA-PKCS1-v1_5 with SHA-256; outside the event loop, since a signature takes about a millisecond.
function signature(fields: Fields, keys: readonly string[], sender: MessageSender): Promise<string> {
  const bytes = Buffer.from(stringToSign(fields, keys));
  return new Promise((resolve, reject) =>
    sign('sha256', bytes, sender.privateKey, (error, made) =>
      error ? reject(error) : resolve(made.toString('base64')),
    ),
  );
}
