import { writeFile } from 'node:fs/promises';
import { backlog } from './backlog.js';
import { bareLoop } from './bare-loop.js';
import { type BenchFlags, readBenchFlags } from './bench-flags.js';
import type { Benchmark } from './benchmark.js';
import { diskSync } from './disk-sync.js';
import { endToEnd } from './end-to-end.js';
import { fairness } from './fairness.js';
import type { Figure } from './figure.js';
import { idleSubscriptions } from './idle-subscriptions.js';
import { jobPerDelivery } from './job-per-delivery.js';
import { latency } from './latency.js';
import { liveDelay } from './live-delay.js';
import { logs } from './logs.js';
import { manyEndpoints } from './many-endpoints.js';
import { manyStreams } from './many-streams.js';
import { publishCost } from './publish-cost.js';
import { describeMachine, jsonOf, tableOf } from './report.js';
import { Stage } from './stage.js';
import { twoOfEach } from './two-of-each.js';

// What is sensitive to the state of the database comes first; the job-per-delivery baseline stops Tendril, so it comes last.
const benchmarks: readonly Benchmark[] = [
  bareLoop,
  diskSync,
  latency,
  liveDelay,
  publishCost,
  endToEnd({
    name: 'singles',
    what: 'publishEvent, 32 connections',
    connections: 32,
    batch: 1,
    atLeast: 0.1,
    reportsCpu: true,
  }),
  endToEnd({
    name: 'batches',
    what: 'publishEvents of 250',
    connections: 4,
    batch: 250,
    atLeast: 0.3,
    reportsCpu: true,
  }),
  manyEndpoints,
  idleSubscriptions,
  fairness,
  manyStreams,
  backlog,
  twoOfEach,
  logs,
  jobPerDelivery,
];

async function main(): Promise<number> {
  const flags = readBenchFlags(
    process.argv.slice(2),
    benchmarks.map(({ name }) => name),
  );
  if ('faults' in flags) {
    for (const fault of flags.faults) console.error(fault);
    return 1;
  }
  const machine = describeMachine();
  console.log(
    `${machine.cpus} × ${machine.model}, Node ${machine.node}, load ${machine.loadBefore.toFixed(2)}, ${flags.seconds} s each\n`,
  );
  const stage = new Stage(
    flags.seconds,
    flags.backlog,
    flags.rows,
    flags.cpuProf === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', flags.cpuProf],
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stage.stop().finally(() => process.exit(1)));
  const startedAt = new Date().toISOString();
  try {
    const figures = await runAll(stage, flags);
    console.log(`\n${tableOf(figures)}`);
    if (flags.json !== undefined)
      await writeFile(
        flags.json,
        jsonOf(figures, {
          startedAt,
          machine,
          seconds: flags.seconds,
          backlog: flags.backlog,
          rows: flags.rows,
        }),
      );
    const astray = figures.filter(({ unit, value }) => unit === 'events' && value > 0);
    return astray.length > 0 ? 1 : 0;
  } finally {
    await stage.stop();
  }
}

async function runAll(stage: Stage, { only }: BenchFlags): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const benchmark of benchmarks.filter(({ name }) => only?.includes(name) ?? true)) {
    console.log(`${benchmark.name} …`);
    figures.push(...(await benchmark.run(stage)));
  }
  const complaints = await stage.complaints();
  if (complaints.length > 0)
    console.log(
      `Tendril logged ${complaints.length} warnings and errors:\n${complaints.slice(0, 5).join('\n')}`,
    );
  return figures;
}

process.exitCode = await main();
