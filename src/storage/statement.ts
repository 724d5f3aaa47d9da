/** A statement; with a name it is prepared once on each connection. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
}

/** Runs a statement and gives its rows; timestamps come as Date, bigint as text. */
export type Query = <Row>(statement: Statement, values: readonly unknown[]) => Promise<Row[]>;

/**
 * The rows of a CTE as a FROM item, numbered from 1 by `place`. By its statistics the planner may take them for a tenth of a large
 * table, and would read all of that to join them; a range of which it has no statistics it takes for one row in 200. Not by arrays:
 * with unnest(…) WITH ORDINALITY here, PostgreSQL 18.4 spoils its memory in some claims, and its backend crashes.
 */
export function fewRows(cte: string, alias: string): string {
  return `(SELECT * FROM (SELECT *, row_number() OVER () AS place FROM ${cte}) numbered
      WHERE place + 0 BETWEEN 1 AND 1000000) AS ${alias}`;
}
