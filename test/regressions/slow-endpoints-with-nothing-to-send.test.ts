import { test } from 'vitest';
import { newEventType, publish, subscribe } from '../support/main-operations.js';
import { startReceiver } from '../support/receiver.js';
import { startTendril } from '../support/tendril.js';

// After its first time-out an endpoint may have 16 in flight: more than 32 of them could fill all that slow ones have together.
const idle = 40;

test('an endpoint that timed out is tried again, however many others did before it and have nothing to send', async () => {
  const tendril = await startTendril();
  const receiver = await startReceiver(() => undefined);
  const [quiet, retried] = [await newEventType(tendril), await newEventType(tendril)];
  const subscribeTo = (eventType: string, retryAfterSeconds: number) =>
    subscribe(tendril, {
      endpointUrl: receiver.url,
      eventTypes: [eventType],
      retryPolicy: { scheduleSeconds: [retryAfterSeconds] },
      timeoutSeconds: 1,
    });
  for (let n = 0; n < idle; n += 1) await subscribeTo(quiet, 86_400);
  await subscribeTo(retried, 1);

  await publish(tendril, quiet);
  await receiver.waitFor(idle);
  await publish(tendril, retried);
  await receiver.waitFor(idle + 2, 20_000);
});
