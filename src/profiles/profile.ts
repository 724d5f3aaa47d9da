/** The names of the delivery profiles. */
export type ProfileName = 'STANDARD' | 'IVY' | 'IVYMAIL' | 'IVVY' | 'HOURLY';

/** What a body is made from. */
export interface EventToSend {
  /** The event's TypeID. */
  readonly id: string;
  readonly type: string;
  /** The payload as compact JSON, exactly as published. */
  readonly payload: string;
  readonly createdAt: Date;
  /** The workspace's TypeID. */
  readonly workspaceId: string;
}

/** How a provider delivers: data, and the pure functions that its documentation asks for. */
export interface Profile {
  readonly name: ProfileName;
  readonly description: string;
  /** Seconds between attempts, first retry first. */
  readonly retryScheduleSeconds: readonly number[];
  /** The share by which a delay may be shorter or longer: 0.2 is ±20 %. */
  readonly jitter: number;
  /** First and last status code that count as delivered. */
  readonly success: readonly [number, number];
  /** Header names besides webhook-signature that carry a signature. */
  readonly ownSignatureHeaders: readonly string[];
  readonly requiresConfirmation: boolean;
  /** The body's bytes, as text; the same for every attempt. */
  body(event: EventToSend): string;
  /** The headers of the provider's own, besides those of Standard Webhooks. `secret` is the newest signing secret. */
  headers(body: string, secret: string): Readonly<Record<string, string>>;
}
