const PROBE_WHEN_UP_MS = 2000;
const PROBE_WHEN_DOWN_MS = 500;
const ANSWER_WITHIN_MS = 2000;

/** Whether a store answers, asked all the time so that nobody has to wait to find out. */
export interface StoreHealth {
  isUp(): boolean;
  /** Asks at once, because something failed or has come back; resolves when the answer is in or overdue. */
  check(): Promise<void>;
  /** Takes a word that the store has gone without asking it. */
  assumeDown(): void;
  stop(): void;
}

/** Asks `probe` every two seconds, twice a second while it fails, and tells every turn; `reason` is why it is down. */
export function watchHealth(
  probe: () => Promise<void>,
  onTurn: (isUp: boolean, reason?: string) => void,
): StoreHealth {
  let isUp: boolean | undefined;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  const turn = (next: boolean, reason?: string) => {
    if (isStopped || next === isUp) return;
    isUp = next;
    onTurn(next, reason);
  };
  const arm = () => {
    clearTimeout(timer);
    if (!isStopped) timer = setTimeout(() => void check(), isUp ? PROBE_WHEN_UP_MS : PROBE_WHEN_DOWN_MS);
  };
  const ask = async () => {
    try {
      await within(ANSWER_WITHIN_MS, probe());
      turn(true);
    } catch (error) {
      turn(false, error instanceof Error ? error.message : String(error));
    }
    running = undefined;
    arm();
  };
  const check = () => {
    // A driver that was closed would connect again.
    if (isStopped) return Promise.resolve();
    running ??= ask();
    return running;
  };

  return {
    isUp: () => isUp === true,
    check,
    assumeDown() {
      if (isUp !== true) return;
      turn(false, 'the connection was lost');
      arm();
    },
    stop() {
      isStopped = true;
      isUp = false;
      clearTimeout(timer);
    },
  };
}

/** Waits for `work` no longer than `limitMs`; what it does after that is nobody's business any more. */
export async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work, overdue]);
  } finally {
    clearTimeout(timer);
  }
}
