import { Migration } from '@mikro-orm/migrations';

/** Row-level security: a connection sees the workspace that it names, and without a name nothing. */
export class Migration0005WorkspaceWalls extends Migration {
  override name = '0005-workspace-walls';

  override up(): void {
    for (const statement of statements) this.addSql(statement);
  }
}

// `*` stands for all of them: the pipeline's connections say so. A setting is looked up once a statement, and not once a row.
// As it is written, the planner takes the condition for one that hardly any row fails, and goes by the statement's own.
const condition = `(CASE WHEN (SELECT current_setting('tendril.workspace_id', true)) = '*' THEN 0
    WHEN %s = (SELECT nullif(nullif(current_setting('tendril.workspace_id', true), ''), '*')::uuid) THEN 0 END) IS NOT NULL`;

const statements = [
  // Every new table, and each partition, is to be given to it; `workspace` is the expression that tells whose a row is.
  `CREATE FUNCTION raise_wall(walled regclass, workspace text DEFAULT 'workspace_id') RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', walled);
    EXECUTE format('CREATE POLICY own_workspace ON %s USING (${condition.replaceAll("'", "''")})', walled, workspace);
  END $$`,
  // A table's parents and children alike: whoever names a partition meets its own wall.
  `SELECT raise_wall(a.attrelid) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
   WHERE a.attname = 'workspace_id' AND NOT a.attisdropped AND c.relkind IN ('r', 'p')
     AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'workspace'::regclass)`,
  `SELECT raise_wall('workspace', 'id')`,
  // These belong to the server, and to no workspace.
  `SELECT raise_wall('certificate', 'NULL::uuid')`,
  `SELECT raise_wall('rate_limit', 'NULL::uuid')`,
];
