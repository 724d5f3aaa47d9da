import type { Database } from '../storage/database.js';
import type { Statement } from '../storage/statement.js';
import type { ApiKeyScope } from './api-key.entity.js';
import { hashApiKey } from './create-api-key.js';

/** Who asks: a key, and the workspace it opens. */
export interface Caller {
  readonly workspaceId: string;
  readonly apiKeyId: string;
  readonly scopes: readonly ApiKeyScope[];
  readonly userName: string | null;
  readonly primaryUser: boolean;
  readonly expiresAtMs: number | undefined;
}

declare const isKeyHash: unique symbol;

/** What is kept of a key that was sent: its SHA-256, in Base64. */
export type KeyHash = string & { readonly [isKeyHash]: true };

/** Knows keys by heart for a moment, so that a busy caller does not cost a look-up each time. */
export interface Authenticator {
  /** The caller behind a key; undefined where it is unknown, revoked or expired. */
  authenticate(key: KeyHash): Promise<Caller | undefined>;
  /** Whether a key that was good is good still; looks it up anew after a few seconds at most. */
  isStillGood(key: KeyHash): Promise<boolean>;
  /** Whether it remembers that the key was good when it was last looked up. */
  hasBeenGood(key: KeyHash): boolean;
  /** Looks every key up anew from now on: one has been revoked. */
  forget(): void;
  close(): Promise<void>;
}

// A key that is revoked in another process is refused here after this long at the latest.
const knownForMs = 2_000;
const maxKnown = 10_000;
const writeLastUsedEveryMs = 5_000;
const keyNames: ReadonlySet<string> = new Set(['authorization', 'x-api-key', 'x-ivy-api-key']);

/** Reads a key out of the headers or the connection_init payload, and gives its hash; the names are not case-sensitive. */
export function keyHashFrom(given: Readonly<Record<string, unknown>>): KeyHash | undefined {
  const key = keyIn(given);
  return key === undefined ? undefined : (hashApiKey(key).toString('base64') as KeyHash);
}

function keyIn(given: Readonly<Record<string, unknown>>): string | undefined {
  const values = new Map<string, unknown>();
  for (const name of Object.keys(given))
    if (keyNames.has(name.toLowerCase())) values.set(name.toLowerCase(), given[name]);
  const authorization = values.get('authorization');
  const bearer =
    typeof authorization === 'string' ? /^bearer +(\S+) *$/i.exec(authorization)?.[1] : undefined;
  // A proxy on the way may have an Authorization of its own, such as Basic.
  if (bearer !== undefined) return bearer;
  const plain = values.get('x-api-key') ?? values.get('x-ivy-api-key');
  // A header that is empty is none.
  return typeof plain === 'string' ? plain.trim() || undefined : undefined;
}

/** Looks keys up in PostgreSQL and notes, now and then, when they were last used. */
export function createAuthenticator(database: Database): Authenticator {
  // Good keys alone: what somebody guesses is nothing to fill it with.
  const known = new Map<string, { caller: Caller; untilMs: number }>();
  const usedSince = new Set<string>();
  let forgotten = 0;

  async function lookUp(key: KeyHash): Promise<Caller | undefined> {
    const remembered = known.get(key);
    const nowMs = Date.now();
    const caller =
      remembered && remembered.untilMs >= nowMs ? remembered.caller : await readCaller(key, nowMs);
    return caller?.expiresAtMs !== undefined && caller.expiresAtMs <= nowMs ? undefined : caller;
  }

  async function readCaller(key: KeyHash, nowMs: number): Promise<Caller | undefined> {
    const asOf = forgotten;
    const [row] = await database.query<KeyRow>(findKey, [Buffer.from(key, 'base64')]);
    const caller = row && { ...row, expiresAtMs: row.expiresAt?.getTime() };
    if (known.size >= maxKnown) known.clear();
    // What was read before a key was revoked may not be relied on after it.
    if (caller) known.set(key, { caller, untilMs: asOf === forgotten ? nowMs + knownForMs : 0 });
    else known.delete(key);
    return caller;
  }

  async function writeLastUsed(): Promise<void> {
    const ids = [...usedSince];
    usedSince.clear();
    if (ids.length > 0) await database.query(noteUse, [ids]);
  }
  // Best effort: the next round, or the next use, notes it again.
  const timer = setInterval(() => void writeLastUsed().catch(() => undefined), writeLastUsedEveryMs);
  timer.unref();

  return {
    async authenticate(key) {
      const caller = await lookUp(key);
      if (caller) usedSince.add(caller.apiKeyId);
      return caller;
    },
    isStillGood: async (key) => (await lookUp(key)) !== undefined,
    hasBeenGood: (key) => known.has(key),
    forget() {
      forgotten += 1;
      for (const one of known.values()) one.untilMs = 0;
    },
    async close() {
      clearInterval(timer);
      await writeLastUsed().catch(() => undefined);
    },
  };
}

interface KeyRow extends Omit<Caller, 'expiresAtMs'> {
  readonly expiresAt: Date | null;
}

const findKey: Statement = {
  name: 'find-key',
  text: `SELECT workspace_id AS "workspaceId", id AS "apiKeyId", scopes, user_name AS "userName", primary_user AS "primaryUser",
      expires_at AS "expiresAt"
    FROM api_key WHERE key_hash = $1 AND revoked_at IS NULL`,
};

const noteUse: Statement = {
  name: 'note-use',
  text: `UPDATE api_key SET last_used_at = now()
    WHERE id = ANY($1::uuid[]) AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`,
};
