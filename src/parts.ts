import type { Logger } from 'pino';
import type { MessageSenderSource } from './certificates/message-sender.js';
import type { Config } from './config.js';
import type { Connections } from './connections.js';
import type { Alarms } from './deliveries/alarms/alarms.js';
import type { DeliveryUpdates } from './deliveries/live/delivery-updates.js';
import type { Loaders } from './deliveries/loaders.js';
import type { Admission } from './events/admission.js';
import type { Publisher } from './events/publisher.js';
import type { AddressPolicy } from './rules/address-policy.js';
import type { Database } from './storage/database.js';
import type { Encryption } from './storage/encryption.js';
import type { Authenticator } from './workspaces/authenticate.js';
import type { RateLimits } from './workspaces/rate-limits.js';

/** The parts of the server that requests are answered with; `app.ts` builds each once. */
export interface Parts {
  readonly config: Config;
  readonly log: Logger;
  readonly database: Database;
  readonly encryption: Encryption;
  readonly messageSender: MessageSenderSource;
  readonly addressPolicy: AddressPolicy;
  readonly authenticator: Authenticator;
  readonly rateLimits: RateLimits;
  readonly connections: Connections;
  readonly alarms: Alarms;
  readonly publisher: Publisher;
  readonly updates: DeliveryUpdates;
  readonly loaders: Loaders;
  /** Takes new deliveries straight into sending; a process that only serves the API takes none. */
  admission: Admission;
  /** Has what is due sent now: by this process's own drain, or by whoever an alarm calls. */
  wakeDrain: () => void;
  /** Settles at once what waits and is not to be sent any more; the sweep would do it in a moment. */
  readonly settleUnsendable: () => Promise<unknown>;
}
