import type { IncomingMessage } from 'node:http';

/** What is wrong with the Host of a request (RFC 9112, section 3.2); undefined: nothing. Of two, a proxy may have gone by the other. */
export function hostFault({
  headersDistinct,
  httpVersion,
}: Pick<IncomingMessage, 'headersDistinct' | 'httpVersion'>): string | undefined {
  const hosts = headersDistinct.host?.length ?? 0;
  if (hosts > 1) return 'A request has one Host header.';
  return hosts === 0 && httpVersion === '1.1' ? 'A request has a Host header.' : undefined;
}
