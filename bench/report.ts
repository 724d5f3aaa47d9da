import { cpus, loadavg } from 'node:os';
import { type Figure, hasReached } from './figure.js';

/** The machine that the figures come from; figures of two machines, or of two moments on a busy one, cannot be compared. */
export function describeMachine() {
  const model = cpus()[0]?.model ?? 'unknown';
  return {
    node: process.version,
    system: `${process.platform} ${process.arch}`,
    cpus: cpus().length,
    model,
    loadBefore: loadavg()[0] ?? 0,
  };
}

/** The figures as lines of a table. */
export function tableOf(figures: readonly Figure[]): string {
  const heading = ['benchmark', 'what', 'measured', 'first version', 'reached', ''];
  const rows = figures.map((figure) => [
    figure.benchmark,
    figure.what,
    `${shown(figure)} ${figure.unit}`,
    targetText(figure),
    { true: 'yes', false: 'NO', undefined: '' }[`${hasReached(figure)}`] ?? '',
    figure.note ?? '',
  ]);
  const widths = heading.map((_, column) =>
    Math.max(...[heading, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  return [heading, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The figures for programs to read. */
export function jsonOf(figures: readonly Figure[], run: Record<string, unknown>): string {
  const read = figures.map((figure) => ({
    ...figure,
    value: Number.isNaN(figure.value) ? null : figure.value,
    reached: hasReached(figure) ?? null,
  }));
  return `${JSON.stringify({ ...run, figures: read }, null, 2)}\n`;
}

function shown({ value }: Figure): string {
  if (Number.isNaN(value)) return 'not measured,';
  if (Number.isInteger(value) || value >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(value < 10 ? 2 : 1);
}

function targetText({ target }: Figure): string {
  if (!target) return '';
  return 'atLeast' in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
}
