import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

// Monaco writes style elements and style attributes as it draws, and underlines faults with data: images; nothing
// needs inline scripts or eval. 'self' in connect-src covers the WebSocket of the same host (CSP level 3).
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Serves GraphiQL at /graphiql.
 * @param o.folder absolute path of the built page; where it was not built, the address says so.
 */
export function registerGraphiql(app: FastifyInstance, o: { folder: string }): void {
  // Not 308: browsers keep that for ever, and an address on localhost is another project's tomorrow.
  app.get('/graphiql', (_request, reply) => reply.redirect('/graphiql/', 302));

  if (!existsSync(join(o.folder, 'index.html'))) {
    app.get('/graphiql/', (_request, reply) =>
      reply.code(404).type('text/plain').send('GraphiQL is not built: npm run build:graphiql\n'),
    );
    return;
  }

  app.register(async (page) => {
    // On send, so that it replaces the policy that the rest of the server has. Workers take theirs from their own file.
    page.addHook('onSend', async (_request, reply) => {
      reply.header('content-security-policy', contentSecurityPolicy);
    });
    await page.register(fastifyStatic, {
      root: o.folder,
      prefix: '/graphiql/',
      decorateReply: false,
      cacheControl: false,
      setHeaders: (reply, path) => reply.header('cache-control', cachingOf(path)),
    });
  });
}

// The bundler puts a hash of the content into the name of everything below assets/.
function cachingOf(path: string): string {
  return basename(dirname(path)) === 'assets' ? 'public, max-age=31536000, immutable' : 'no-cache';
}
