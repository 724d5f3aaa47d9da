import { setTimeout as pause } from 'node:timers/promises';
import { type Asked, askGraphql } from './ask-graphql.js';
import type { Dice } from './dice.js';
import type { EntryOf, Journal } from './history.js';

type Changed = Pick<EntryOf<'managed'>, 'change' | 'id' | 'description'>;

interface Answer {
  readonly subscription?: { readonly id: string } | null;
  readonly userErrors: readonly { readonly message: string }[];
}

const mostChanges = 6;
const pauseMs = 40;
const create = `mutation ($input: CreateWebhookSubscriptionInput!) {
  answer: createWebhookSubscription(input: $input) { subscription { id } userErrors { message } }
}`;
const describe = `mutation ($input: UpdateWebhookSubscriptionInput!) {
  answer: updateWebhookSubscription(input: $input) { subscription { id } userErrors { message } }
}`;
const remove =
  'mutation ($id: ID!) { answer: deleteWebhookSubscription(id: $id) { deletedId userErrors { message } } }';

/**
 * Creates subscriptions that want nothing of what is published, describes each a few times, and deletes some of them. Stopped by what it
 * gives back: each manager has the answer that it waits for, and creates one more at every API process.
 */
export function startManagers(
  apis: () => readonly Asked[],
  count: number,
  dice: Dice,
  journal: Journal,
): () => Promise<void> {
  let isStopped = false;
  let made = 0;

  /** Gives the subscription's id, where an answer told it. */
  async function change(
    api: Asked | undefined,
    what: Changed,
    mutation: string,
    variables: Readonly<Record<string, unknown>>,
  ): Promise<string | undefined> {
    const startedMs = Date.now();
    const note = (answer: EntryOf<'managed'>['answer'], why: string, id = what.id) =>
      journal.write({ kind: 'managed', atMs: Date.now(), startedMs, ...what, id, answer, why });
    try {
      if (!api) throw new Error('no API process is up');
      const { answer } = await askGraphql<{ answer: Answer }>(api, mutation, variables);
      const { subscription, userErrors } = answer;
      note(userErrors.length === 0 ? 'accepted' : 'refused', JSON.stringify(userErrors), subscription?.id);
      return subscription?.id;
    } catch (error) {
      note('none', String(error));
      return undefined;
    }
  }

  function createOne(api: Asked | undefined): Promise<string | undefined> {
    const description = `made ${++made}`;
    const endpointUrl = `https://managed.example.com/${made}`;
    const input = { endpointUrl, eventTypes: ['invoice.paid'], description };
    return change(api, { change: 'create', id: null, description }, create, { input });
  }

  async function manageOne(): Promise<void> {
    const api = () => (apis()[0] ? dice.pick(apis()) : undefined);
    const id = await createOne(api());
    if (id === undefined) return;
    for (let left = dice.between(1, mostChanges); left > 0 && !isStopped; left--) {
      await pause(pauseMs * 2 * dice.next());
      const description = `changed ${++made}`;
      await change(api(), { change: 'describe', id, description }, describe, { input: { id, description } });
    }
    if (dice.next() < 0.5) await change(api(), { change: 'delete', id, description: null }, remove, { id });
  }

  const loops = Array.from({ length: count }, async () => {
    while (!isStopped) {
      await manageOne();
      await pause(pauseMs);
    }
  });
  return async () => {
    isStopped = true;
    await Promise.all(loops);
    await Promise.all(apis().flatMap((api) => loops.map(() => createOne(api))));
  };
}
