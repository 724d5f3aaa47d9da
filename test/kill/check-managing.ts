import { answerWithinMs } from './ask-graphql.js';
import { longestStall } from './check-times.js';
import type { EntryOf } from './history.js';
import { entriesOf, type Finding, type RunRecord } from './record.js';

/** Subscriptions are as the last accepted change has left them, or as one has that got no answer; once all is mended each change is answered. */
export function checkManaging({ entries, final }: RunRecord): Finding {
  const changes = entriesOf(entries, 'managed');
  const accepted = changes.filter(({ answer }) => answer === 'accepted');
  const unanswered = changes.filter(({ answer }) => answer === 'none');
  const mendedMs = entriesOf(entries, 'mended')[0]?.atMs ?? Number.POSITIVE_INFINITY;
  const present = new Map(final.managed.map(({ id, description }) => [id, description]));
  const isStandstill = longestStall(entries) >= answerWithinMs;
  const byId = Map.groupBy(
    changes.filter(({ id }) => id !== null),
    ({ id }) => id as string,
  );
  return {
    check: 'changes of subscriptions are kept',
    measured: `${accepted.length} accepted of ${byId.size} subscriptions, ${unanswered.length} unanswered`,
    violations: [
      ...changes
        .filter(
          ({ answer, startedMs }) =>
            answer === 'refused' || (answer === 'none' && startedMs >= mendedMs && !isStandstill),
        )
        .map(({ id, change, answer, why }) => `${change} of ${id}: ${answer}, ${why}`),
      ...[...byId].flatMap(([id, ofOne]) => violationOf(id, ofOne, present.get(id))),
      ...unaskedFor(final.managed, byId, changes),
      ...(accepted.length === 0 ? ['no change was accepted'] : []),
    ],
  };
}

/** Those whose ids nobody was told are of creations without an answer, one each. */
function unaskedFor(
  managed: RunRecord['final']['managed'],
  known: ReadonlyMap<string, unknown>,
  changes: readonly EntryOf<'managed'>[],
): string[] {
  const possible = new Set(
    changes.flatMap(({ id, answer, description }) => (id === null && answer === 'none' ? [description] : [])),
  );
  return managed
    .filter(({ id, description }) => !known.has(id) && !possible.delete(description))
    .map(({ id, description }) => `${id} is there once too often: ${description}`);
}

function violationOf(
  id: string,
  changes: readonly EntryOf<'managed'>[],
  description: string | undefined,
): string[] {
  const last = changes.findLast(({ answer }) => answer === 'accepted');
  const possible = [last, ...changes.filter(({ answer }) => answer === 'none')].flatMap((one) => one ?? []);
  const isAsLeft = possible.some((one) => (one.description ?? undefined) === description);
  return isAsLeft ? [] : [`${id} is ${description ?? 'gone'} after ${last?.change} ${last?.description}`];
}
