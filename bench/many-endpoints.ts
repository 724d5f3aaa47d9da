import { addEndpoints } from './add-endpoints.js';
import { endToEnd } from './end-to-end.js';

const endpoints = 1000;

/** Batches whose events go to a thousand endpoints in turn, each with an origin, an event type and a secret of its own. */
export const manyEndpoints = endToEnd({
  name: 'many-endpoints',
  what: 'publishEvents of 250, 1,000 endpoints',
  connections: 4,
  batch: 250,
  atLeast: 0.4,
  reportsCpu: true,
  async prepare(stage) {
    const tendril = await stage.freshTendril();
    const urls = await stage.receiver.call('urls', { count: endpoints });
    const added = await addEndpoints(tendril, 'endpoint', urls);
    return { tendril, eventTypes: added.map(({ eventType }) => eventType) };
  },
});
