import type pg from 'pg';
import { StartError } from '../start-error.js';

/** What a connection finds where DATABASE_URL leads. */
interface Session {
  readonly user: string;
  readonly database: string;
  readonly hasSettings: boolean;
  readonly isReadOnly: boolean;
  /** Null: none of those that are looked for is there, or may be used. */
  readonly schema: string | null;
  readonly mayCreate: boolean;
  /** Of the tables that are there, where the user does not have that role's rights; else null. */
  readonly otherOwner: string | null;
}

/**
 * Looks at what the pool's connections may do, before anything is done by them. Fails with a StartError, which says what would be
 * right, where they are not the server's own, cannot write, or may not make and change its tables. Gives the schema of the tables.
 */
export async function checkSession(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<Session>(look);
  const [session] = rows as [Session];
  const fault = faultOf(session);
  if (fault !== undefined) throw new StartError(`PostgreSQL cannot be used as DATABASE_URL says: ${fault}.`);
  return session.schema ?? 'public';
}

function faultOf(session: Session): string | undefined {
  const { user, database, schema, otherOwner } = session;
  // Without them a superuser's requests would pass row-level security, and an ordinary user's pipeline would see nothing.
  if (!session.hasSettings)
    return 'its connections do not begin with the settings that Tendril asks for, as behind a pooler that leaves them out; name PostgreSQL itself there';
  if (session.isReadOnly)
    return `the database ${database} can only be read, as a standby is; name the primary there, and a user without default_transaction_read_only`;
  if (otherOwner !== null)
    return `the tables in it belong to ${otherOwner}, whose rights the user ${user} does not have; name ${otherOwner} there, or have its tables given to ${user}`;
  if (session.mayCreate) return undefined;
  const lacking =
    schema === null ? 'has no schema to make tables in' : `may not make tables in the schema ${schema}`;
  return `the user ${user} ${lacking}; have it made the owner of the database ${database}, or of a schema of its own name there`;
}

const look = `SELECT current_user AS user, current_database() AS database,
    current_setting('tendril.workspace_id', true) IS NOT DISTINCT FROM '*' AS "hasSettings",
    current_setting('transaction_read_only') = 'on' AS "isReadOnly",
    current_schema() AS schema,
    coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS "mayCreate",
    (SELECT relowner::regrole::text FROM pg_class
     WHERE oid = to_regclass('workspace') AND NOT pg_has_role(relowner, 'USAGE')) AS "otherOwner"`;
