import type { Figure } from './figure.js';
import type { Stage } from './stage.js';

/** One thing that is measured. */
export interface Benchmark {
  /** As `--only` takes it. */
  readonly name: string;
  run(stage: Stage): Promise<Figure[]>;
}
