import { verify, X509Certificate } from 'node:crypto';
import MessageValidator from 'sns-validator';
import type { Received } from './receiver.js';

/** An SNS-shaped message, as its body has it. */
export type SnsMessage = Readonly<Record<string, string>>;

/** The message in a request. */
export function messageIn({ body }: Pick<Received, 'body'>): SnsMessage {
  return JSON.parse(body) as SnsMessage;
}

/** What the stock validator says to a message whose certificate is at this site: undefined where it accepts it. */
export function stockFault(body: string, siteUrl: string): Promise<string | undefined> {
  const validator = new MessageValidator(new RegExp(`^${new URL(siteUrl).host}$`));
  return new Promise((resolve) => validator.validate(body, (error) => resolve(error?.message)));
}

/** Whether a signature over these keys, in their order, is the certificate's: RSASSA-PKCS1-v1_5 with SHA-256. */
export function isSigned(message: SnsMessage, keys: readonly string[], certificate: string): boolean {
  const text = keys.flatMap((key) => (key in message ? [`${key}\n${message[key]}\n`] : [])).join('');
  const { publicKey } = new X509Certificate(certificate);
  return verify('sha256', Buffer.from(text), publicKey, Buffer.from(message.Signature ?? '', 'base64'));
}
