import { Ctx, Field, FieldResolver, ObjectType, Resolver, Root } from 'type-graphql';
import type { WebhookEvent } from '../events/webhook-event.entity.js';
import type { Context } from '../graphql/context.js';
import { LongText } from '../graphql/long-texts.js';
import type { Profile } from '../profiles/profile.js';
import { profileNamed } from '../profiles/profiles.js';
import { curlCommand } from '../rules/curl.js';
import { toTypeId } from '../storage/typeid.js';
import type { Header } from '../subscriptions/subscription-headers.js';
import { Attempt, type AttemptRow, HttpHeader } from './attempt.entity.js';

/** What was sent. */
@ObjectType({ description: 'What was sent to the endpoint.' })
export class AttemptRequest {
  @Field(() => String, { description: 'The HTTP method: POST.' })
  readonly method = 'POST';

  @Field(() => String, { description: 'The URL, as it was then.' })
  url!: string;

  @Field(() => [HttpHeader], { description: 'The headers, besides host and content-length.' })
  headers!: HttpHeader[];

  @LongText(({ body }: AttemptRequest) => body.length)
  @Field(() => String, { description: 'The exact body sent.' })
  body!: string;

  @LongText(({ body }: AttemptRequest) => body.length)
  @Field(() => String, { description: 'A curl command that sends the same request.' })
  get curl(): string {
    return curlCommand({ method: this.method, url: this.url, headers: this.headers, body: this.body });
  }
}

/** What an attempt sent: made again from the event, which is stored once, or kept where it was signed. */
@Resolver(() => Attempt)
export class AttemptResolver {
  @FieldResolver(() => AttemptRequest, { description: 'What was sent.' })
  async request(@Root() attempt: Attempt, @Ctx() { parts }: Context): Promise<AttemptRequest> {
    const { row } = attempt;
    const { workspaceId } = row;
    const delivery = await parts.loaders.delivery.load({ workspaceId, uuid: row.deliveryId });
    const [event, subscription] = await Promise.all([
      delivery && parts.loaders.event.load({ workspaceId, uuid: delivery.eventId }),
      parts.loaders.subscription.load({ workspaceId, uuid: row.subscriptionId }),
    ]);
    const profile = subscription && profileNamed(subscription.profileName);
    const body = profile?.message
      ? await parts.loaders.keptBody.load({ workspaceId, uuid: row.deliveryId })
      : event && profile && bodyAgain(event, profile);
    return Object.assign(new AttemptRequest(), {
      url: row.requestUrl,
      headers: headersOf(row, parts),
      body: body ?? '',
    });
  }
}

function bodyAgain(event: WebhookEvent, profile: Profile): string {
  return profile.body({
    id: event.id,
    uuid: event.uuid,
    type: event.type,
    payload: event.payloadText,
    createdAt: event.createdAt,
    workspaceId: toTypeId('ws', event.workspaceId),
  });
}

function headersOf(row: AttemptRow, { encryption }: Context['parts']): Header[] {
  const open = JSON.parse(row.requestHeaders) as Header[];
  if (row.ownHeaders === null) return open;
  const own = JSON.parse(
    encryption.decrypt(row.ownHeaders, { workspaceId: row.workspaceId, rowId: row.uuid }),
  ) as Header[];
  return [...open, ...own];
}
