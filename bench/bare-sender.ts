import { randomBytes } from 'node:crypto';
import { Pool } from 'undici';
import { monotonicMs } from './monotonic-ms.js';
import { answerCalls } from './own-process.js';
import { signedRequest } from './signed-request.js';

/** What the bare loop can be asked: to sign and POST for so long, and to say how often it did and when it began. */
export interface BareSenderCalls {
  readonly [name: string]: (argument: never) => unknown;
  send(argument: {
    url: string;
    seconds: number;
    connections: number;
  }): Promise<{ sent: number; startedAtMs: number }>;
}

const calls: BareSenderCalls = {
  async send({ url, seconds, connections }) {
    const pool = new Pool(new URL(url).origin, { connections, pipelining: 1 });
    const run = randomBytes(6).toString('hex');
    const startedAtMs = monotonicMs();
    const untilMs = startedAtMs + seconds * 1000;
    let sent = 0;
    const one = async () => {
      while (monotonicMs() < untilMs) {
        sent += 1;
        const { body } = await pool.request({
          method: 'POST',
          path: '/',
          ...signedRequest(`evt_${run}_${sent}`),
        });
        await body.dump();
      }
    };
    await Promise.all(Array.from({ length: connections }, one));
    await pool.close();
    return { sent, startedAtMs };
  },
};
answerCalls(calls);
