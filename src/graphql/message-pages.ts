import type { FastifyInstance, FastifyReply } from 'fastify';
import { findCertificate } from '../certificates/find-certificate.js';
import type { Parts } from '../parts.js';
import { type Confirmed, confirmSubscription, lookAtToken } from '../subscriptions/confirm-subscription.js';

const pages: Readonly<Record<Confirmed['kind'], { status: number; title: string; text: string }>> = {
  confirmed: {
    status: 200,
    title: 'Subscription confirmed',
    text: 'Notifications are sent to your endpoint from now on.',
  },
  expired: {
    status: 410,
    title: 'Link expired',
    text: 'This link is older than three days, or its subscription has changed or ended. Subscribe again to have a new one sent.',
  },
  unknown: {
    status: 404,
    title: 'Link unknown',
    text: 'No subscription has this link. Visit the SubscribeURL exactly as the message has it.',
  },
};

/** Serves what SNS-shaped messages link to: the confirmation of a subscription, the certificate that signed, how to unsubscribe. */
export function registerMessagePages(app: FastifyInstance, { database }: Pick<Parts, 'database'>): void {
  app.get('/confirm', { exposeHeadRoute: false }, async (request, reply) => {
    const { kind } = await confirmSubscription(database.orm.em.fork(), tokenIn(request.query));
    return sendPage(reply, pages[kind]);
  });
  // Asking about a link is not visiting it.
  app.head('/confirm', async (request, reply) => {
    const kind = await lookAtToken(database.orm.em.fork(), tokenIn(request.query));
    return sendPage(reply, pages[kind]);
  });
  app.get('/unsubscribe', async (_request, reply) =>
    sendPage(reply, {
      status: 200,
      title: 'Unsubscribing',
      text: 'Whoever subscribed your endpoint can unsubscribe it: by unsubscribeFromNotifications with the same key, or by deleteWebhookSubscription.',
    }),
  );
  app.get<{ Params: { file: string } }>('/certificates/:file', async (request, reply) => {
    const id = /^(.+)\.pem$/.exec(request.params.file)?.[1];
    const certificate = id === undefined ? undefined : await findCertificate(database, id);
    if (certificate === undefined) return reply.callNotFound();
    return reply
      .type('application/x-pem-file')
      .header('cache-control', 'public, max-age=31536000, immutable')
      .send(certificate);
  });
}

function tokenIn(query: unknown): string {
  const { token } = query as { token?: unknown };
  return typeof token === 'string' ? token : '';
}

function sendPage(reply: FastifyReply, { status, title, text }: (typeof pages)['confirmed']): FastifyReply {
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .send(
      `<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${text}</p></html>\n`,
    );
}
