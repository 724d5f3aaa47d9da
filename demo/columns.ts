/** A column of aligned text. */
export interface Column {
  readonly title: string;
  /** Characters; the title's own length where that is more. */
  readonly width: number;
  readonly align: 'left' | 'right';
}

const gap = '  ';

/** One line: each cell in its column's width, styled by `style` where that is given, after it was padded. */
export function line(
  columns: readonly Column[],
  cells: readonly string[],
  style: (cell: string, index: number) => string = (cell) => cell,
): string {
  return columns
    .map((column, index) => style(padded(column, cells[index] ?? ''), index))
    .join(gap)
    .trimEnd();
}

/** The line with the titles. */
export function titles(columns: readonly Column[]): string {
  return line(
    columns,
    columns.map(({ title }) => title),
  );
}

/** A rule as wide as the columns. */
export function rule(columns: readonly Column[]): string {
  return columns
    .map((column) => '─'.repeat(widthOf(column)))
    .join(gap)
    .trimEnd();
}

function padded(column: Column, cell: string): string {
  return column.align === 'left' ? cell.padEnd(widthOf(column)) : cell.padStart(widthOf(column));
}

function widthOf({ title, width }: Column): number {
  return Math.max(title.length, width);
}
