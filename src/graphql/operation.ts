// biome-ignore-start lint/style/noRestrictedImports: everyone else has these from here.
import {
  Extensions,
  type MiddlewareFn,
  Mutation as PlainMutation,
  Query as PlainQuery,
  Subscription as PlainSubscription,
  UseMiddleware,
} from 'type-graphql';
// biome-ignore-end lint/style/noRestrictedImports: as above
import type { ApiKeyScope } from '../workspaces/api-key.entity.js';
import { authorize, type Context } from './context.js';

/** Of which a key needs one, where ADMIN stands for any; empty where every good key may ask. */
type Scopes = readonly ApiKeyScope[];
type Of<Decorator extends (...given: never[]) => unknown> = Parameters<Decorator>;

/** A query, and the scopes that it is for: they are looked at before its arguments are. */
export function Query(scopes: Scopes, ...[returns, options]: Of<typeof PlainQuery>): MethodDecorator {
  return guarded(scopes, PlainQuery(returns, options));
}

/** A mutation, and the scopes that it is for: they are looked at before its arguments are. */
export function Mutation(scopes: Scopes, ...[returns, options]: Of<typeof PlainMutation>): MethodDecorator {
  return guarded(scopes, PlainMutation(returns, options));
}

type SubscribeTo = (given: { args: never; context: Context }) => AsyncIterable<readonly unknown[]>;

/** A subscription, and the scopes that it is for: they are looked at when it is asked for, and not at each of its events. */
export function Subscription(
  scopes: Scopes,
  returns: () => unknown,
  { subscribe, description }: { readonly subscribe: SubscribeTo; readonly description: string },
): MethodDecorator {
  const guardedSubscribe = (given: Parameters<SubscribeTo>[0]) => {
    authorize(given.context, ...scopes);
    return subscribe(given);
  };
  const plain = PlainSubscription(returns as never, { subscribe: guardedSubscribe as never, description });
  return all(Extensions({ scopes }), plain);
}

function guarded(scopes: Scopes, plain: MethodDecorator): MethodDecorator {
  const guard: MiddlewareFn<Context> = ({ context }, next) => {
    authorize(context, ...scopes);
    return next();
  };
  return all(Extensions({ scopes }), UseMiddleware(guard), plain);
}

function all(...decorators: readonly MethodDecorator[]): MethodDecorator {
  return (target, name, descriptor) => {
    for (const decorate of decorators) decorate(target, name, descriptor);
  };
}
