/** A statement; with a name it is prepared once on each connection. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
}

/** Runs a statement and gives its rows; timestamps come as Date, bigint as text. */
export type Query = <Row>(statement: Statement, values: readonly unknown[]) => Promise<Row[]>;
