import { setTimeout as pause } from 'node:timers/promises';
import { type Asked, askGraphql } from './ask-graphql.js';
import type { Dice } from './dice.js';
import type { EntryOf, Journal } from './history.js';

/** Those who change subscriptions. */
export interface Managers {
  /** Lets each have the answer that it waits for, and has it create one more at every API process. */
  stop(): Promise<void>;
}

type Changed = Pick<EntryOf<'managed'>, 'change' | 'id' | 'description'>;
type Errors = readonly { readonly message: string }[];

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

/** Creates subscriptions that want nothing of what is published, describes each a few times, and deletes some of them. */
export function startManagers(
  apis: () => readonly Asked[],
  count: number,
  dice: Dice,
  journal: Journal,
): Managers {
  let isStopped = false;
  let made = 0;

  /** Gives the answer, undefined where there was none. */
  async function change<Answer extends { userErrors: Errors }>(
    api: Asked | undefined,
    what: Changed,
    mutation: string,
    variables: Readonly<Record<string, unknown>>,
  ): Promise<Answer | undefined> {
    const startedMs = Date.now();
    const note = (answer: EntryOf<'managed'>['answer'], why: string, id = what.id) =>
      journal.write({ kind: 'managed', atMs: Date.now(), startedMs, ...what, id, answer, why });
    try {
      if (!api) throw new Error('no API process is up');
      const { answer } = await askGraphql<{ answer: Answer & { subscription?: { id: string } | null } }>(
        api,
        mutation,
        variables,
      );
      const isAccepted = answer.userErrors.length === 0;
      note(
        isAccepted ? 'accepted' : 'refused',
        JSON.stringify(answer.userErrors),
        answer.subscription?.id ?? what.id,
      );
      return answer;
    } catch (error) {
      note('none', String(error));
      return undefined;
    }
  }

  async function createOne(api: Asked | undefined): Promise<string | undefined> {
    const description = `made ${++made}`;
    const answer = await change<{ subscription: { id: string } | null; userErrors: Errors }>(
      api,
      { change: 'create', id: null, description },
      create,
      {
        input: {
          endpointUrl: `https://managed.example.com/${made}`,
          eventTypes: ['invoice.paid'],
          description,
        },
      },
    );
    return answer?.subscription?.id;
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
  return {
    async stop() {
      isStopped = true;
      await Promise.all(loops);
      await Promise.all(apis().flatMap((api) => loops.map(() => createOne(api))));
    },
  };
}
