import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { selfSignedCertificate } from './self-signed-certificate.js';

/** A certificate for localhost that this process trusts from now on. */
export function trustedCertificate() {
  const certificate = selfSignedCertificate('localhost');
  setDefaultCACertificates([...getCACertificates('default'), certificate.cert]);
  return certificate;
}

/** What stands before a server in production: it ends TLS and passes everything on. */
export interface TlsSite {
  readonly url: string;
  /** Where it passes requests on to, from now on. */
  forwardTo(url: string): void;
  close(): Promise<void>;
}

/** Starts a site on a free port of localhost. */
export async function startTlsSite(certificate: ReturnType<typeof trustedCertificate>): Promise<TlsSite> {
  let target = '';
  const server = createServer(certificate, (incoming, response) => {
    const { method, headers } = incoming;
    const onward = request(new URL(incoming.url ?? '/', target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end());
    incoming.pipe(onward);
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    forwardTo: (url) => {
      target = url;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
