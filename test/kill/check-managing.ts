import type { EntryOf } from './history.js';
import { entriesOf, type Finding, type RunRecord } from './record.js';

/** Subscriptions are as the last accepted change has left them, or as one has that got no answer; once all is mended each change is answered. */
export function checkManaging({ entries, final }: RunRecord): Finding {
  const changes = entriesOf(entries, 'managed');
  const accepted = changes.filter(({ answer }) => answer === 'accepted');
  const unanswered = changes.filter(({ answer }) => answer === 'none');
  const mendedMs = entriesOf(entries, 'mended')[0]?.atMs ?? Number.POSITIVE_INFINITY;
  const present = new Map(final.managed.map(({ id, description }) => [id, description]));
  const byId = Map.groupBy(
    changes.filter(({ id }) => id !== null),
    ({ id }) => id as string,
  );
  return {
    check: 'changes of subscriptions are kept',
    measured: `${accepted.length} accepted of ${byId.size} subscriptions, ${unanswered.length} unanswered`,
    violations: [
      ...changes
        .filter(({ answer, atMs }) => answer === 'refused' || (answer === 'none' && atMs >= mendedMs))
        .map(({ id, change, answer, why }) => `${change} of ${id}: ${answer}, ${why}`),
      ...[...byId].flatMap(([id, ofOne]) => violationOf(id, ofOne, present.get(id))),
    ],
  };
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
