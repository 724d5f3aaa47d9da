import type pg from 'pg';

/** The server process of a connection: the driver knows it, its types do not. */
export function processIdOf(client: pg.ClientBase): number {
  return (client as unknown as { processID: number }).processID;
}
