import { Arg, Ctx, ID, Resolver } from 'type-graphql';
import { authorize, type Context } from '../graphql/context.js';
import { Mutation, Query } from '../graphql/operation.js';
import { userError } from '../graphql/user-error.js';
import { ApiKey, ApiKeyScope } from './api-key.entity.js';
import { CreateApiKeyInput, CreateApiKeyPayload, RevokeApiKeyPayload } from './api-key.types.js';
import { checkApiKey } from './check-api-key.js';
import { createApiKey } from './create-api-key.js';
import { revokeApiKey } from './revoke-api-key.js';

/** The keys of a workspace; for ADMIN keys alone. */
@Resolver()
export class ApiKeyResolver {
  @Query([ApiKeyScope.ADMIN], () => [ApiKey], {
    description: 'All keys of the workspace, oldest first, expired and revoked ones included. Scope ADMIN.',
  })
  async apiKeys(@Ctx() context: Context): Promise<ApiKey[]> {
    const { workspaceId } = authorize(context);
    return context.em.find(ApiKey, { workspaceId }, { orderBy: { uuid: 'asc' } });
  }

  @Mutation([ApiKeyScope.ADMIN], () => CreateApiKeyPayload, {
    description:
      'Makes a key to this workspace. The key itself is in the answer and never shown again. Scope ADMIN.',
  })
  async createApiKey(
    @Ctx() context: Context,
    @Arg('input', () => CreateApiKeyInput, { description: 'What the key is for and may do.' })
    input: CreateApiKeyInput,
  ): Promise<CreateApiKeyPayload> {
    const { workspaceId } = authorize(context);
    const userErrors = checkApiKey(input, Date.now());
    if (userErrors.length > 0) return { apiKey: null, key: null, userErrors };
    const { name, scopes, userName, expiresAt } = input;
    const primaryUser = input.primaryUser ?? false;
    const created = createApiKey(context.em, { workspaceId, name, scopes, userName, primaryUser, expiresAt });
    await context.em.flush();
    return { ...created, userErrors };
  }

  @Mutation([ApiKeyScope.ADMIN], () => RevokeApiKeyPayload, {
    description:
      'Ends a key for good: it is refused at once here, in other processes within two seconds, and its open WebSockets are closed. Revoking it again changes nothing. A key may revoke itself. Scope ADMIN.',
  })
  async revokeApiKey(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: 'Which key.' }) id: string,
  ): Promise<RevokeApiKeyPayload> {
    const { workspaceId } = authorize(context);
    const apiKey = await revokeApiKey(context.em, workspaceId, id, new Date());
    context.parts.authenticator.forget();
    if (apiKey) return { apiKey, userErrors: [] };
    return {
      apiKey,
      userErrors: [userError('API_KEY_NOT_FOUND', 'The workspace has no API key of this id.', ['id'])],
    };
  }
}
