import { checkCounters, checkGone } from './check-counters.js';
import { checkAttempts, checkBytes, checkLoss, checkSettled, checkStored } from './check-deliveries.js';
import { checkDuplicates } from './check-duplicates.js';
import { checkManaging } from './check-managing.js';
import { checkKills, checkProcesses, checkPublishing, checkSending } from './check-times.js';
import type { FinalState } from './final-state.js';
import type { Entry } from './history.js';
import { type Finding, recordOf } from './record.js';
import type { PlannedEndpoint } from './schedule.js';

/** Holds a run to all that is promised, by its journal and by what the database says in the end; pure. */
export function check(
  entries: readonly Entry[],
  final: FinalState,
  endpoints: readonly PlannedEndpoint[],
): Finding[] {
  const record = recordOf(entries, final, endpoints);
  return [
    checkLoss,
    checkStored,
    checkSettled,
    checkDuplicates,
    checkAttempts,
    checkBytes,
    checkCounters,
    checkGone,
    checkManaging,
    checkSending,
    checkPublishing,
    checkKills,
    checkProcesses,
  ].map((one) => one(record));
}
