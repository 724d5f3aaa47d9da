import { expect, test } from 'vitest';
import { line, rule, titles } from '../../demo/columns.js';
import { readOptions } from '../../demo/options.js';
import { Outcome } from '../../demo/outcome.js';
import { storyCells, storyColumns, type Update } from '../../demo/story.js';

const update: Update = {
  id: 'dlv_01h455vb4pex5vsknk084sn02q',
  eventType: 'payout.paid',
  status: 'RETRYING',
  attemptCount: 1,
  nextAttemptAt: '2026-02-25T12:00:02.600Z',
  updatedAt: '2026-02-25T12:00:01.500Z',
  subscription: { description: 'ledger', endpointUrl: 'http://127.0.0.1:4100/books' },
  lastAttempt: { durationMs: 12, error: 'The endpoint answered 503.', response: { statusCode: 503 } },
};
const startMs = Date.parse('2026-02-25T12:00:00.000Z');

test.each<[string, Partial<Update>, string[]]>([
  [
    'a failed attempt',
    {},
    ['1.500', 'payout.paid', 'ledger', 'RETRYING', '1', '503', '12', 'again in 1.1 s'],
  ],
  [
    'one without an answer',
    { lastAttempt: { durationMs: 3, error: 'Refused.', response: null } },
    ['1.500', 'payout.paid', 'ledger', 'RETRYING', '1', '–', '3', 'again in 1.1 s: Refused.'],
  ],
  [
    'an attempt under way, which has no outcome yet',
    { status: 'SENDING', attemptCount: 2, nextAttemptAt: null },
    ['1.500', 'payout.paid', 'ledger', 'SENDING', '2', '', '', ''],
  ],
  [
    'a delivery that is new',
    { status: 'PENDING', attemptCount: 0, lastAttempt: null },
    ['1.500', 'payout.paid', 'ledger', 'PENDING', '', '', '', ''],
  ],
  [
    'an endpoint without a description, by its path',
    { subscription: { description: null, endpointUrl: 'http://127.0.0.1:4100/books' } },
    ['1.500', 'payout.paid', '/books', 'RETRYING', '1', '503', '12', 'again in 1.1 s'],
  ],
])('the demo tells %s', (_what, changes, cells) => {
  expect(storyCells({ ...update, ...changes }, startMs)).toEqual(cells);
});

test('the cells of a story stand under their titles', () => {
  const lines = [titles(storyColumns), rule(storyColumns), line(storyColumns, storyCells(update, startMs))];
  expect(`\n${lines.join('\n')}`).toBe(`
seconds  event type                  endpoint  status     attempt  code     ms
───────  ──────────────────────────  ────────  ─────────  ───────  ────  ─────
  1.500  payout.paid                 ledger    RETRYING         1   503     12  again in 1.1 s`);
});

test('a story is over when every delivery has come to its end, whichever that is', async () => {
  const outcome = new Outcome();
  outcome.take({ id: 'dlv_1', status: 'DELIVERED' });
  outcome.expect(2);
  outcome.take({ id: 'dlv_2', status: 'RETRYING' });
  const soon = Promise.resolve('not yet');
  expect(await Promise.race([outcome.settled, soon])).toBe('not yet');
  outcome.take({ id: 'dlv_2', status: 'FAILED' });
  await outcome.settled;
  expect(outcome).toMatchObject({ delivered: 1, expected: 2 });
});

test.each([
  [[], { kind: 'run', keep: false }],
  [['--keep'], { kind: 'run', keep: true }],
  [['--keep', '--help'], { kind: 'help' }],
  [['-h'], { kind: 'help' }],
  [['--keep', 'it'], { kind: 'fault', sentence: 'The demo does not know "it"; it takes --keep and --help.' }],
])('the demo understands the arguments %j', (args, options) => {
  expect(readOptions(args)).toEqual(options);
});
