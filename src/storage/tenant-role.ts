import type pg from 'pg';
import type { Logger } from 'pino';

/** The role that requests take on where the database's user is above row-level security; all databases of a server share it. */
const tenantRole = 'tendril_tenant';

/**
 * A superuser, or a user with BYPASSRLS, meets no policy: gives the role to take on instead, made where it is missing. Undefined
 * where the user is an ordinary one, and, with a warning, where one above the policies may not make the role.
 */
export async function findTenantRole(client: pg.ClientBase, log: Logger): Promise<string | undefined> {
  const { rows } = await client.query<{ bypasses: boolean }>(
    'SELECT rolsuper OR rolbypassrls AS bypasses FROM pg_roles WHERE rolname = current_user',
  );
  if (rows[0]?.bypasses !== true) return undefined;
  try {
    await client.query(takeOn).catch(() => client.query(make).then(() => client.query(takeOn)));
    await client.query(grant);
    return tenantRole;
  } catch (error) {
    log.warn(
      { err: error },
      `requests are not held to their workspace by row-level security, which the database's user is above: have the role ${tenantRole} made and granted to it, or use a user that is neither superuser nor BYPASSRLS`,
    );
    return undefined;
  }
}

const takeOn = `SET ROLE ${tenantRole}; RESET ROLE`;

// Somebody may make it at the same moment for another database of the server.
const make = `DO $$ BEGIN
    CREATE ROLE ${tenantRole} NOLOGIN;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
  END $$;
  GRANT ${tenantRole} TO CURRENT_USER`;

// What belongs to workspaces, by the names of whole tables: partitions are reached through those, and the server's own tables
// not at all. What has been granted is left alone.
const grant = `DO $$ DECLARE walled record; BEGIN
    FOR walled IN
      SELECT c.oid::regclass AS name, c.relnamespace::regnamespace AS schema FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid
      WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'workspace'::regclass) AND NOT c.relispartition
        AND c.relname NOT IN ('certificate', 'rate_limit') AND NOT has_table_privilege('${tenantRole}', c.oid, 'DELETE')
    LOOP
      EXECUTE format('GRANT USAGE ON SCHEMA %s TO ${tenantRole}', walled.schema);
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO ${tenantRole}', walled.name);
    END LOOP;
  END $$`;
