import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import {
  hmacHex,
  newEd25519Secret,
  newHmacSecret,
  publicKeyOf,
  type SigningSecret,
  standardSignature,
} from '../../src/rules/signatures.js';

const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const timestampSeconds = 1614265330;
const body = '{"test": 2432232314}';
const hmac: SigningSecret = { scheme: 'HMAC_SHA256', secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' };
const ed25519: SigningSecret = {
  scheme: 'ED25519',
  secret: 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==',
};
const hmacSignature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const ed25519Signature =
  'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==';

describe('the published vectors of Standard Webhooks', () => {
  test.each([
    ['v1', [hmac], hmacSignature],
    ['v1a', [ed25519], ed25519Signature],
    ['both, in the order given', [ed25519, hmac], `${ed25519Signature} ${hmacSignature}`],
  ])('%s', (_name, secrets, expected) => {
    expect(standardSignature(secrets, id, timestampSeconds, body)).toBe(expected);
    expect(standardSignature(secrets, id, timestampSeconds, Buffer.from(body))).toBe(expected);
  });

  test('the public key of the ed25519 secret', () => {
    expect(publicKeyOf(ed25519.secret)).toBe('whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=');
  });
});

test("GitHub's published vector of a plain HMAC", () => {
  expect(hmacHex("It's a Secret to Everybody", 'Hello, World!')).toBe(
    '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
  );
});

test('the standardwebhooks package accepts a new secret, an old one beside it, and a body beyond ASCII', () => {
  const [newest = '', oldest = ''] = [1, 2].map((fill) => newHmacSecret(Buffer.alloc(24 + fill, fill)));
  const seconds = Math.floor(Date.now() / 1000);
  const text = '{"name":"Zoë 😀\u2028"}';
  const secrets = [newest, oldest].map((secret): SigningSecret => ({ scheme: 'HMAC_SHA256', secret }));
  const headers = {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(seconds),
    'webhook-signature': standardSignature(secrets, 'evt_1', seconds, text),
  };
  for (const secret of [newest, oldest]) {
    expect(new Webhook(secret).verify(text, headers)).toEqual(JSON.parse(text));
  }
  expect(() => new Webhook(hmac.secret).verify(text, headers)).toThrow();
  expect(() => new Webhook(newest).verify(`${text} `, headers)).toThrow();
});

test('a secret made from a seed holds the seed and the public key', () => {
  const seed = Buffer.alloc(32, 7);
  const made = newEd25519Secret(seed);
  const bytes = Buffer.from(made.secret.slice('whsk_'.length), 'base64');
  expect(bytes.subarray(0, 32)).toEqual(seed);
  expect(`whpk_${bytes.subarray(32).toString('base64')}`).toBe(made.publicKey);
  expect(publicKeyOf(made.secret)).toBe(made.publicKey);
});

test('random bytes of a wrong length make no secret', () => {
  expect(() => newHmacSecret(Buffer.alloc(23))).toThrow('24 to 64');
  expect(() => newHmacSecret(Buffer.alloc(65))).toThrow('24 to 64');
  expect(() => newEd25519Secret(Buffer.alloc(31))).toThrow('32 bytes');
});

test('a secret of the other scheme is not taken for a key', () => {
  expect(() =>
    standardSignature([{ ...ed25519, scheme: 'HMAC_SHA256' }], id, timestampSeconds, body),
  ).toThrow('whsec_');
});
