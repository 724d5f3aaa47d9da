import pg from 'pg';

/** A server, and in `options` the settings that each connection to it begins with. */
export interface Server extends pg.ClientConfig {
  readonly options: string;
}

// A server that is cut off from this process gives up what was left half way there, and its locks, half a minute after: by itself it would
// after two hours. https://www.postgresql.org/docs/current/runtime-config-connection.html
const keepalives =
  '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=4 -c tcp_user_timeout=30000';

/**
 * The server of a URL, as every connection is made. MikroORM would not see `sslmode` and the other parameters of the URL; and
 * given the URL itself, pg would let its `options` win over those of ours that hold a workspace's requests to it.
 */
export function serverOf(url: string): Server {
  const { host, port, user, password, database, ssl } = new pg.Client({ connectionString: url });
  // Where the host is an address, MikroORM's pg, which is older than ours, would have the certificate be for `localhost`.
  if (typeof ssl === 'object') Object.assign(ssl, { host });
  const options = `${new URL(url).searchParams.get('options') ?? ''} ${keepalives}`;
  return { host, port, user, password: password ?? undefined, database, ssl, options };
}
