import { expect, test } from 'vitest';
import { afterClaim } from '../../src/rules/claim-turn.js';

const claim = { limit: 64, claimed: 64, share: 8, beganAtFirst: true };

test.each([
  ['is full, so more may wait, and there is no place for it', claim, { sawAll: false, isNextDue: false }],
  [
    'has places left and began with the first: it saw all that wait',
    { ...claim, claimed: 5 },
    { sawAll: true, isNextDue: false },
  ],
  [
    'has places left and began behind others: those before have their turn at once',
    { ...claim, claimed: 5, beganAtFirst: false },
    { sawAll: false, isNextDue: true },
  ],
  [
    'took a whole share of somebody and has places left: there may be more of it',
    { ...claim, claimed: 8 },
    { sawAll: true, isNextDue: true },
  ],
])('a claim that %s', (_sentence, turn, expected) => {
  expect(afterClaim(turn)).toEqual(expected);
});
