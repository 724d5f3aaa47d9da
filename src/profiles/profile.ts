import type { MessageSender } from '../rules/sns-messages.js';

/** What a body is made from. */
export interface EventToSend {
  /** The event's TypeID. */
  readonly id: string;
  /** The same as a UUID. */
  readonly uuid: string;
  readonly type: string;
  /** The payload as compact JSON, exactly as published. */
  readonly payload: string;
  readonly createdAt: Date;
  /** The workspace's TypeID. */
  readonly workspaceId: string;
}

/** What an attempt's own headers are made from. */
export interface AttemptToSign {
  readonly event: EventToSend;
  /** The subscription's TypeID. */
  readonly subscriptionId: string;
  readonly body: string;
  /** The newest signing secret. */
  readonly secret: string;
}

/** What a signed message is made from. */
export interface MessageToSign {
  readonly event: EventToSend;
  /** The TypeID of the API key that published the event; null where it is not known. */
  readonly publishedBy: string | null;
  /** The subscription's TypeID. */
  readonly subscriptionId: string;
  /** The last part of the topic's name. */
  readonly topic: string;
  readonly sender: MessageSender;
}

/** How a provider delivers: data, and the pure functions that its documentation asks for. */
export interface Profile {
  /** Its value in the GraphQL enum DeliveryProfileName. */
  readonly name: string;
  readonly description: string;
  /** Seconds between attempts, first retry first. */
  readonly retryScheduleSeconds: readonly number[];
  /** The share by which a delay may be shorter or longer: 0.2 is ±20 %. */
  readonly jitter: number;
  /** Seconds until an attempt is given up. */
  readonly timeoutSeconds: number;
  /** First and last status code that count as delivered. */
  readonly success: readonly [number, number];
  /** Header names besides webhook-signature that carry a signature. */
  readonly ownSignatureHeaders: readonly string[];
  readonly requiresConfirmation: boolean;
  /** The body's bytes, as text; the same for every attempt. */
  body(event: EventToSend): string;
  /** In place of `body`: a body that holds signatures of the server's own. It is made once, at the first attempt, and kept. */
  message?(message: MessageToSign): Promise<string>;
  /** The headers of the provider's own, names in lower case; they win over those that every profile sends. */
  headers(attempt: AttemptToSign): Readonly<Record<string, string>>;
}
