import { Field, InputType, ObjectType } from 'type-graphql';
import { UserError } from '../graphql/user-error.js';
import { ApiKey, ApiKeyScope } from './api-key.entity.js';

/** What can be said of a key when it is made. */
@InputType({ description: 'A new API key.' })
export class CreateApiKeyInput {
  @Field(() => String, {
    description: 'What it is for, 1 to 255 characters: whoever reads apiKeys later goes by it.',
  })
  name!: string;

  @Field(() => [ApiKeyScope], {
    description: 'What it may do: at least one scope, each once. ADMIN holds all others.',
  })
  scopes!: ApiKeyScope[];

  @Field(() => String, {
    nullable: true,
    description: 'The person it is made for, 1 to 255 characters; none unless given.',
  })
  userName?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      "Whether that person is the account's primary user; false unless given. Only together with userName.",
  })
  primaryUser?: boolean | null;

  @Field(() => Date, {
    nullable: true,
    description: 'From when on it is refused: a moment to come. It does not expire unless given.',
  })
  expiresAt?: Date | null;
}

/** The answer to createApiKey. */
@ObjectType({ description: 'What became of createApiKey.' })
export class CreateApiKeyPayload {
  @Field(() => ApiKey, {
    nullable: true,
    description: 'The new key, without its text; null where userErrors has faults.',
  })
  apiKey: ApiKey | null = null;

  @Field(() => String, {
    nullable: true,
    description: 'The key itself: shown here and never again. Null where userErrors has faults.',
  })
  key: string | null = null;

  @Field(() => [UserError], { description: 'What is wrong with the input, all at once; empty on success.' })
  userErrors: UserError[] = [];
}

/** The answer to revokeApiKey. */
@ObjectType({ description: 'What became of revokeApiKey.' })
export class RevokeApiKeyPayload {
  @Field(() => ApiKey, { nullable: true, description: 'The revoked key; null where userErrors has faults.' })
  apiKey: ApiKey | null = null;

  @Field(() => [UserError], { description: 'Why nothing was revoked; empty on success.' })
  userErrors: UserError[] = [];
}
