import { networkInterfaces } from 'node:os';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.js';
import { StartError } from '../start-error.js';

/** Begins to take requests; gives the address, without a slash at its end. What an operator can mend is a StartError. */
export async function listenHttp(http: FastifyInstance, { port, host }: Config): Promise<string> {
  try {
    await http.listen({ port, host });
  } catch (error) {
    const sentence = refusals(port, host)[(error as NodeJS.ErrnoException).code ?? ''];
    if (sentence === undefined) throw error;
    throw new StartError(sentence, { cause: error });
  }
  const address = http.server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  const name = host.includes(':') ? `[${host}]` : host;
  return `http://${host === '0.0.0.0' || host === '::' ? 'localhost' : name}:${bound}`;
}

/** The names under which this server is reached itself: no endpoint may be one of them. */
export function ownOriginsOf(url: string, { publicUrl, host }: Config): { host: string; port: number }[] {
  const port = Number(new URL(url).port);
  const isEverywhere = host === '0.0.0.0' || host === '::';
  const addresses = isEverywhere ? Object.values(networkInterfaces()).flatMap((all = []) => all) : [];
  const names = ['localhost', '127.0.0.1', '::1', host, ...addresses.map(({ address }) => address)];
  const own = names.map((name) => ({ host: name, port }));
  if (publicUrl === undefined) return own;
  const { hostname, port: publicPort, protocol } = new URL(publicUrl);
  return [...own, { host: hostname, port: Number(publicPort) || (protocol === 'https:' ? 443 : 80) }];
}

function refusals(port: number, host: string): Readonly<Record<string, string>> {
  const noAddress = `HOST ${host} is no address of this machine. Set HOST to 127.0.0.1, 0.0.0.0 or an address it has.`;
  return {
    EADDRINUSE: `Port ${port} on ${host} is in use by another program. Set PORT to a free one, or to 0 for any.`,
    EACCES: `Port ${port} needs more rights than this user has. Set PORT to 1024 or higher.`,
    EADDRNOTAVAIL: noAddress,
    ENOTFOUND: noAddress,
  };
}
