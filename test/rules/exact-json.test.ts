import { expect, test } from 'vitest';
import { parseExactJson } from '../../src/rules/exact-json.js';

const numbers = [
  ...['0', '7', '-7', '0.5', '-0.5', '1.25', '100', '0.000001', '123456789012345', '12345.6789012345'],
  ...['-0', '0.0', '-0.0', '1.0', '10.50', '1e5', '1E+400', '1.5e-7', '-2e0', '0e0'],
  ...['0.0000001', '-0.00000012', '1234567890123456', '9007199254740993', '12345678901234567890'],
  ...['12345678.123456789', '0.12345678901234567', '1234567.1234567891', '3.14159265358979323846'],
];

test.each(numbers)('%s is kept as it is written, wherever it stands', (number) => {
  const place = [
    `${number}`,
    `[${number}]`,
    `[1,${number},2]`,
    `{"a":${number}}`,
    `{"a":"x","b":[[${number}]]}`,
    `{"text":"1.0, -0 and 1e5","n":${number}}`,
  ];
  for (const text of place) expect(JSON.stringify(parseExactJson(text))).toBe(text);
  expect(JSON.stringify(parseExactJson(`\n{ "a" :\t[ 1 ,\r\n ${number} ] } `))).toBe(`{"a":[1,${number}]}`);
});

test('texts that look like numbers stay what they are', () => {
  const text = '{"a":"1.0","b":"x,1e5","c":["-0"],"019ab-0":"3e5"}';
  expect(parseExactJson(text)).toEqual(JSON.parse(text));
});

test('what is no JSON is refused', () => {
  for (const text of ['', '01', '1.', '.5', '-', '{"a":1e}', '[1.0,]'])
    expect(() => parseExactJson(text)).toThrow(SyntaxError);
});

test('a name stays what it is, whatever stands under it', () => {
  const text = '{"__proto__":1.0,"constructor":{"__proto__":[1e5]},"b":-0,"a":""}';
  expect(JSON.stringify(parseExactJson(text))).toBe(text);
  expect(Object.getPrototypeOf(parseExactJson(text))).toBe(Object.prototype);
});

test('a number in the place of a name is refused', () => {
  for (const text of ['{1.0:2}', '{"a":1.0,1e5:2}', '[1.0 1.0]', '[1.0.0]', '"a"1.0'])
    expect(() => parseExactJson(text)).toThrow(SyntaxError);
});

test('it may be nested as deep as JSON may', () => {
  const deep = `${'['.repeat(100_000)}1.0${']'.repeat(100_000)}`;
  let inner = parseExactJson(deep);
  for (let level = 1; level < 100_000; level += 1) inner = (inner as unknown[])[0];
  expect(JSON.stringify(inner)).toBe('[1.0]');
});

test.each([
  ['spaces within a string', JSON.stringify(' '.repeat(1e6))],
  ['spaces', `[1,${' '.repeat(1e6)}1]`],
  ['commas', JSON.stringify(','.repeat(1e6))],
  ['one number', '1'.repeat(1e6)],
  ['what begins like numbers', JSON.stringify(',-'.repeat(5e5))],
  ['numbers in a string', JSON.stringify(',1.'.repeat(3e5))],
  ['numbers', `[1.0${',1'.repeat(5e5)}]`],
  ['inexact numbers', `[1.0${',1.0'.repeat(25e4)}]`],
  ['strings', `[1.0${',""'.repeat(3e5)}]`],
  ['backslashes', `[1.0,"${'\\\\'.repeat(5e5)}"]`],
  ['objects', `[1.0${',{}'.repeat(3e5)}]`],
])('1 MB of %s hold the process for less than two seconds', (_says, text) => {
  const startedAt = performance.now();
  parseExactJson(text);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});
