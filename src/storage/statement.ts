/** A statement; with a name it is prepared once on each connection. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
}

/** Runs a statement and gives its rows; timestamps come as Date, bigint as text. */
export type Query = <Row>(statement: Statement, values: readonly unknown[]) => Promise<Row[]>;

/**
 * The rows of a CTE as a FROM item, numbered from 1 by `place`. The planner takes them for ten, and looks up one by one what they are
 * joined with. By its statistics it may take them for a tenth of a large table, and would read that from end to end.
 */
export function fewRows(cte: string, alias: string, columns: readonly string[]): string {
  const arrays = columns.map((column) => `(SELECT array_agg(${column}) FROM ${cte})`);
  return `unnest(${arrays.join(', ')}) WITH ORDINALITY AS ${alias} (${columns.join(', ')}, place)`;
}
