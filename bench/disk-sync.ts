import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Benchmark } from './benchmark.js';
import { percentile } from './percentile.js';

const pageBytes = 8192;
const pages = 2000;
const pauseMs = 4;

/** How long a page takes to be safe on the disk that the stores are on: no publish can be acknowledged sooner. */
export const diskSync: Benchmark = {
  name: 'disk',
  async run({ seconds }) {
    const folder = await mkdtemp(join(tmpdir(), 'tendril-bench-disk-'));
    try {
      const delaysMs = await syncDelays(join(folder, 'pages'), seconds * 1000);
      const note = `${delaysMs.length} pages; longest ${Math.max(...delaysMs).toFixed(0)} ms`;
      return [50, 95, 99].map((percent) => ({
        benchmark: 'disk',
        what: `8 KB written and synced: p${percent}`,
        value: percentile(delaysMs, percent),
        unit: 'ms' as const,
        ...(percent === 99 && { note }),
      }));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Writes over pages of a file that has its size already, as PostgreSQL writes its log, each with a pause behind it. */
async function syncDelays(file: string, forMs: number): Promise<number[]> {
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(Buffer.alloc(pageBytes * pages, 1));
    await handle.sync();
    const page = Buffer.alloc(pageBytes, 2);
    const delaysMs: number[] = [];
    const untilMs = performance.now() + forMs;
    while (performance.now() < untilMs) {
      const startedMs = performance.now();
      await handle.write(page, 0, pageBytes, (delaysMs.length % pages) * pageBytes);
      await handle.datasync();
      delaysMs.push(performance.now() - startedMs);
      await pause(pauseMs);
    }
    return delaysMs;
  } finally {
    await handle.close();
  }
}
