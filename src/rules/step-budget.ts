/** Thrown where work needs more steps than it has. */
class OutOfSteps extends Error {}

// Made once: to make one takes longer than many steps.
const outOfSteps = new OutOfSteps();

let left = Number.POSITIVE_INFINITY;

/** Takes steps, each some 20 ns of work, from the budget of whoever runs. */
export function pay(steps: number): void {
  left -= steps;
  if (left < 0) throw outOfSteps;
}

/**
 * Runs each job within a budget that all share, and says which had too little and how many steps are left. All have equal shares, and
 * what some do not need goes to the others: so costly jobs are in nobody's way, and the order does not matter.
 * @param run may throw whatever it was that `pay` has thrown, and nothing else
 */
export function shareSteps<Job>(
  steps: number,
  jobs: Iterable<Job>,
  run: (job: Job) => void,
): { givenUp: readonly Job[]; spare: number } {
  let open = [...jobs];
  let spare = steps;
  // A job begins anew each time, so no smaller share than the last one helps.
  for (let share = 0, next = shareOf(spare, open); next > share; next = shareOf(spare, open)) {
    share = next;
    const late: Job[] = [];
    for (const job of open) {
      left = share;
      try {
        run(job);
      } catch (error) {
        if (error !== outOfSteps) throw error;
        late.push(job);
      } finally {
        spare -= share - Math.max(left, 0);
        left = Number.POSITIVE_INFINITY;
      }
    }
    open = late;
  }
  return { givenUp: open, spare };
}

function shareOf(steps: number, jobs: readonly unknown[]): number {
  return jobs.length === 0 ? 0 : Math.floor(steps / jobs.length);
}
