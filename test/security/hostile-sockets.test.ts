import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { freshEnv, startTendril, type Tendril } from '../support/tendril.js';
import { upgradeRequest } from '../support/upgrade-request.js';

// The first byte of a close frame.
const closing = 0x88;
let tendril: Tendril;

beforeAll(async () => {
  tendril = await startTendril(await freshEnv({ ROLE: 'api' }), { stopAfterTest: false });
});

afterAll(() => tendril.stop());

/** A WebSocket client that breaks the rules which libraries keep to. */
async function openRaw(): Promise<RawPeer> {
  const socket = connect(Number(new URL(tendril.url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  let received = Buffer.alloc(0);
  const heard = (data: Buffer) => {
    received = Buffer.concat([received, data]);
    // Unless it is answered, the server waits a while before it ends the connection.
    if (received.includes(closing)) socket.write(frame(closing, ''));
  };
  socket.on('data', heard);
  socket.write([...upgradeRequest, 'Sec-WebSocket-Extensions: permessage-deflate', '', ''].join('\r\n'));
  await eventually(() => received.includes('\r\n\r\n'));
  const head = received.toString('latin1');
  received = Buffer.alloc(0);
  return {
    socket,
    head,
    closeCode: async () => {
      await closed;
      const at = received.lastIndexOf(closing);
      return at === -1 ? undefined : received.readUInt16BE(at + 2);
    },
    say: (message) => socket.write(frame(0x81, JSON.stringify(message))),
    hears: (text) => eventually(() => received.includes(text)),
    closed,
    stopReading() {
      socket.off('data', heard);
      socket.pause();
    },
  };
}

interface RawPeer {
  readonly socket: Socket;
  readonly head: string;
  readonly closed: Promise<unknown>;
  /** With which it was closed; undefined where it was cut off without one. */
  closeCode(): Promise<number | undefined>;
  say(message: object): boolean;
  hears(text: string): Promise<unknown>;
  stopReading(): void;
}

/** A frame with the mask 0, under which data stays as it is. */
function frame(first: number, data: string, { says = data.length, isMasked = true } = {}): Buffer {
  const mask = isMasked ? 0x80 : 0;
  const head = Buffer.alloc(says < 126 ? 2 : says < 65_536 ? 4 : 10);
  head[0] = first;
  if (says < 126) head[1] = mask | says;
  else if (says < 65_536) {
    head[1] = mask | 126;
    head.writeUInt16BE(says, 2);
  } else {
    head[1] = mask | 127;
    head.writeBigUInt64BE(BigInt(says), 2);
  }
  return Buffer.concat([head, Buffer.alloc(isMasked ? 4 : 0), Buffer.from(data)]);
}

describe('a frame that breaks the rules closes the socket', () => {
  test.each([
    ['compressed, though nothing was agreed on', [frame(0xc1, 'abc')], 1002],
    ['not masked', [frame(0x81, '{}', { isMasked: false })], 1002],
    ['of a terabyte', [frame(0x81, '', { says: 2 ** 40 })], 1009],
    ['that is no UTF-8', [Buffer.concat([frame(0x81, '', { says: 2 }), Buffer.from([0xff, 0xfe])])], 1007],
    ['of an unknown kind', [frame(0x83, '')], 1002],
    ['of 20,000 pieces', [frame(0x01, 'a'), ...Array(20_000).fill(frame(0x00, 'a'))], 1008],
    ['of a ping too long', [frame(0x89, 'a'.repeat(126))], 1002],
    ['with bytes instead of text', [frame(0x82, 'abc')], 4400],
  ])('%s', async (_says, frames, code) => {
    const peer = await openRaw();
    expect(peer.head).toMatch(/^HTTP\/1.1 101 /);
    expect(peer.head).not.toMatch(/extensions/i);
    peer.socket.write(Buffer.concat(frames));
    expect(await peer.closeCode()).toBe(code);
  });
});

describe('a client that does not read is cut off, whatever it has answered,', () => {
  const large = 'a'.repeat(200_000);
  const unknownFields = Array.from({ length: 100 }, (_, nth) => `${'a'.repeat(900)}${nth}`).join(' ');
  test.each([
    ['its pings', { type: 'ping', payload: { large } }],
    ['its faults', { type: 'subscribe', id: '1', payload: { query: `{ ${unknownFields} }` } }],
    [
      'its queries',
      {
        type: 'subscribe',
        id: '1',
        payload: { query: '{ __schema { types { name description fields { name description } } } }' },
      },
    ],
  ])('%s', async (_says, message) => {
    const peer = await openRaw();
    peer.say({ type: 'connection_init', payload: { 'X-API-Key': tendril.key } });
    await peer.hears('connection_ack');
    peer.stopReading();
    // What the kernel holds for both sides comes on top of what the server keeps.
    for (let nth = 0; nth < 400 && !peer.socket.destroyed; nth++)
      if (!peer.say({ ...message, ...('id' in message && { id: String(nth) }) }))
        await Promise.race([new Promise((resolve) => peer.socket.once('drain', resolve)), peer.closed]);
    await eventually(() => {
      // A connection that was cut off shows only to those who use it.
      peer.socket.write(frame(0x8a, ''));
      return peer.socket.destroyed;
    }, 20_000);
  });
});
