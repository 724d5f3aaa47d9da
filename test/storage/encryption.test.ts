import { expect, test } from 'vitest';
import { createEncryption } from '../../src/storage/encryption.js';

const [oldKey, key] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const place = { workspaceId: 'a workspace', rowId: 'a row' };
const secret = 'whsec_c2VjcmV0';
const encryption = createEncryption([key, oldKey]);

test('the first key encrypts, and every key decrypts', () => {
  const old = createEncryption([oldKey]).encrypt(secret, place);
  const current = encryption.encrypt(secret, place);
  expect(encryption.decrypt(old, place)).toBe(secret);
  expect(encryption.decrypt(current, place)).toBe(secret);
  expect(createEncryption([key]).decrypt(current, place)).toBe(secret);
  expect(current.subarray(1, 5)).toEqual(encryption.keyId);
  expect(current.includes(secret)).toBe(false);
});

test('the same text is never encrypted to the same bytes', () => {
  const made = Array.from({ length: 100 }, () => encryption.encrypt(secret, place).toString('hex'));
  expect(new Set(made).size).toBe(100);
});

test.each([
  ['another row', { ...place, rowId: 'another row' }],
  ['another workspace', { ...place, workspaceId: 'another workspace' }],
])('a ciphertext does not open in %s', (_, elsewhere) => {
  const ciphertext = encryption.encrypt(secret, place);
  expect(() => encryption.decrypt(ciphertext, elsewhere)).toThrow();
});

test('a ciphertext does not open under a key that is not there', () => {
  const ciphertext = createEncryption([oldKey]).encrypt(secret, place);
  expect(() => createEncryption([key]).decrypt(ciphertext, place)).toThrow(
    'a key that ENCRYPTION_KEYS does not hold',
  );
});

test('a ciphertext does not open as one of another of the keys', () => {
  const ciphertext = createEncryption([oldKey]).encrypt(secret, place);
  encryption.keyId.copy(ciphertext, 1);
  expect(() => encryption.decrypt(ciphertext, place)).toThrow();
});

test('a ciphertext of which any one bit is another does not open', () => {
  const ciphertext = encryption.encrypt(secret, place);
  for (let bit = 0; bit < ciphertext.length * 8; bit += 1) {
    const changed = Buffer.from(ciphertext);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(() => encryption.decrypt(changed, place), `bit ${bit}`).toThrow();
  }
});

test('a ciphertext that was cut does not open, wherever it was: a shorter tag is no tag', () => {
  const ciphertext = encryption.encrypt(secret, place);
  for (let length = 0; length < ciphertext.length; length += 1)
    expect(() => encryption.decrypt(ciphertext.subarray(0, length), place), `${length} bytes`).toThrow();
  // The tag stands before the data: bytes are taken out of its end, for each length that GCM itself would take.
  for (const tagBytes of [4, 8, 12, 13, 14, 15]) {
    const shorter = Buffer.concat([ciphertext.subarray(0, 17 + tagBytes), ciphertext.subarray(33)]);
    expect(() => encryption.decrypt(shorter, place), `a tag of ${tagBytes} bytes`).toThrow();
  }
});

test('what fails tells nothing of the text, the key or the place', () => {
  const ciphertext = encryption.encrypt(secret, place);
  let message = '';
  try {
    encryption.decrypt(ciphertext, { ...place, rowId: 'another row' });
  } catch (error) {
    message = String(error);
  }
  expect(message).not.toBe('');
  expect(message).not.toMatch(/whsec|a row|another row|a workspace/);
});
