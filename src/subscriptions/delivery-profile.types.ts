import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { Profile } from '../profiles/profile.js';
import { profiles } from '../profiles/profiles.js';

/** The providers that Tendril can behave like: a value for each profile. */
export const DeliveryProfileName = Object.fromEntries(profiles.map(({ name }) => [name, name]));

registerEnumType(DeliveryProfileName, {
  name: 'DeliveryProfileName',
  description: 'The delivery profiles. deliveryProfiles tells what each means.',
  valuesConfig: Object.fromEntries(profiles.map(({ name, description }) => [name, { description }])),
});

/** How a provider delivers. */
@ObjectType({
  description:
    'How a provider delivers: what counts as success, when it tries again, how it signs, what it sends.',
})
export class DeliveryProfile {
  @Field(() => DeliveryProfileName, { description: 'Its name, for createWebhookSubscription.' })
  name!: string;

  @Field(() => String, { description: 'What is particular about it.' })
  description!: string;

  @Field(() => [Int], {
    description: 'Seconds between attempts, first retry first; its length is the number of retries.',
  })
  retryScheduleSeconds!: number[];

  @Field(() => String, { description: 'Status codes that count as delivered, as text: "200" or "200-299".' })
  successStatusCodes!: string;

  @Field(() => [String], {
    description:
      "Names of the headers that carry a signature: webhook-signature in every profile, and the provider's own.",
  })
  signatureHeaders!: string[];

  @Field(() => Boolean, {
    description: 'Whether the receiver must confirm the subscription before anything is sent.',
  })
  requiresConfirmation!: boolean;
}

/** A profile as the API shows it. */
export function toDeliveryProfile(profile: Profile): DeliveryProfile {
  const [from, to] = profile.success;
  return Object.assign(new DeliveryProfile(), {
    name: profile.name,
    description: profile.description,
    retryScheduleSeconds: [...profile.retryScheduleSeconds],
    successStatusCodes: from === to ? String(from) : `${from}-${to}`,
    signatureHeaders: ['webhook-signature', ...profile.ownSignatureHeaders],
    requiresConfirmation: profile.requiresConfirmation,
  });
}
