import { Ctx, Resolver } from 'type-graphql';
import type { Context } from '../graphql/context.js';
import { Query } from '../graphql/operation.js';
import { profiles } from '../profiles/profiles.js';
import { ApiKeyScope } from '../workspaces/api-key.entity.js';
import { DeliveryProfile, toDeliveryProfile } from './delivery-profile.types.js';

/** How deliveries are made, for whoever subscribes or receives. */
@Resolver()
export class DeliveryProfileResolver {
  @Query([ApiKeyScope.READ, ApiKeyScope.MANAGE], () => [DeliveryProfile], {
    description: 'The delivery profiles that a subscription can be made with. Scope READ or MANAGE.',
  })
  deliveryProfiles(): DeliveryProfile[] {
    return profiles.map(toDeliveryProfile);
  }

  @Query([], () => [String], {
    description:
      "The addresses that deliveries come from, for a receiver's allow list; empty where the operator has named none (SOURCE_IP_ADDRESSES). Any scope.",
  })
  sourceIpAddresses(@Ctx() context: Context): string[] {
    return [...context.parts.config.sourceIpAddresses];
  }
}
