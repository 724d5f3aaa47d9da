import type { Limit, Standing } from '../rules/rate-limit-fields.js';
import type { UseCounts } from './use-counts.js';

/** What became of a key: `found` where it was looked up. */
export type Guess<T> = { readonly standing: Standing } | { readonly found: T | undefined };

interface Tries {
  underWay: number;
  readonly waiting: (() => void)[];
}

/**
 * Has unknown keys looked up until their sender has failed with too many; no more of them at once than it may still fail with, so that
 * many that come together get no further than one after the other.
 */
export class KeyGuesses {
  private readonly tries = new Map<string, Tries>();

  constructor(
    private readonly counts: UseCounts,
    private readonly limit: Limit,
  ) {}

  async lookUp<T>(sender: string, look: () => Promise<T | undefined>): Promise<Guess<T>> {
    if (this.limit.quota === 0) return { found: await look() };
    const standing = await this.turn(sender);
    if (standing) return { standing };
    try {
      const found = await look();
      if (found === undefined) this.noteFailure(sender);
      return { found };
    } finally {
      this.end(sender);
    }
  }

  noteFailure(sender: string): void {
    if (this.limit.quota > 0) this.counts.use({ limit: this.limit, subject: sender, amount: 1 });
  }

  /** Waits until one more may be looked up, and counts it as under way; or tells that none may. */
  private async turn(sender: string): Promise<Standing | undefined> {
    for (;;) {
      const tries = this.tries.get(sender) ?? { underWay: 0, waiting: [] };
      const standing = this.counts.over(this.limit, sender);
      if (standing) {
        // Another process may have told us of it since the last one ended, who then woke only us.
        for (const goOn of tries.waiting.splice(0)) goOn();
        return standing;
      }
      this.tries.set(sender, tries);
      if (tries.underWay < this.limit.quota - this.counts.used(this.limit, sender)) {
        tries.underWay += 1;
        return undefined;
      }
      await new Promise<void>((resolve) => tries.waiting.push(resolve));
    }
  }

  private end(sender: string): void {
    const tries = this.tries.get(sender);
    if (!tries) return;
    tries.underWay -= 1;
    const isOver = this.counts.over(this.limit, sender) !== undefined;
    for (const goOn of tries.waiting.splice(0, isOver ? tries.waiting.length : 1)) goOn();
    if (tries.underWay === 0 && tries.waiting.length === 0) this.tries.delete(sender);
  }
}
