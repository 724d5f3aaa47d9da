import { hash, randomBytes } from 'node:crypto';
import type { RequiredEntityData } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { newUuid } from '../storage/typeid.js';
import { ApiKey, type ApiKeyScope } from './api-key.entity.js';

/** What a key is made from; the rest is chance. */
export interface NewApiKey {
  readonly workspaceId: string;
  readonly name: string;
  readonly scopes: readonly ApiKeyScope[];
  readonly userName?: string | null | undefined;
  readonly primaryUser?: boolean | undefined;
  readonly expiresAt?: Date | null | undefined;
  /** The key itself where it is given from outside; at least 32 characters. */
  readonly key?: string | undefined;
}

/** Makes a key and keeps its hash; the key itself is in the answer and nowhere else. */
export function createApiKey(em: EntityManager, given: NewApiKey): { apiKey: ApiKey; key: string } {
  const key = given.key ?? `tdl_${randomBytes(32).toString('base64url')}`;
  const apiKey = em.create(ApiKey, {
    uuid: newUuid(),
    workspaceId: given.workspaceId,
    name: given.name,
    prefix: key.slice(0, 8),
    keyHash: hashApiKey(key),
    scopes: [...given.scopes],
    userName: given.userName ?? null,
    primaryUser: given.primaryUser ?? false,
    expiresAt: given.expiresAt ?? null,
  } as unknown as RequiredEntityData<ApiKey>);
  em.persist(apiKey);
  return { apiKey, key };
}

/** What is stored of a key: its SHA-256. A key has 256 random bits, so neither salt nor stretching adds anything. */
export function hashApiKey(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}
