import { describe, expect, test } from 'vitest';
import { Places } from '../../src/rules/places.js';

/** Takes `a`, `b`, … in, one after the other; `A` is `a` with a good key, `-a` is `a` gone. Gives those that had to go. */
function gone(most: number, coming: string): string {
  const places = new Places<string>(most);
  let all = '';
  for (const one of coming.split(' ')) {
    if (one.startsWith('-')) places.remove(one.slice(1));
    else if (one !== one.toLowerCase()) places.know(one.toLowerCase());
    else {
      const goes = places.add(one);
      if (goes !== undefined) places.remove(goes);
      all += goes ?? '';
    }
  }
  return all;
}

describe('places', () => {
  test.each([
    ['are for as many as there are', 4, 'a b c d', ''],
    ['are taken from the oldest', 4, 'a b c d e f', 'ab'],
    ['are not taken from those with a good key', 4, 'a A b c d e f', 'bc'],
    ['are free again when one is gone', 4, 'a b c d -b e f', 'a'],
    [
      'are never all held by good keys: the one that showed it longest ago gives way',
      4,
      'a A b B c C d D e f',
      'ae',
    ],
    ['count the last time that a key was shown', 4, 'a A b B c C A d D e f', 'be'],
    ['are taken from the newcomer where all others have good keys', 4, 'a A b B c C d e f', 'de'],
    ['are kept by one alone', 1, 'a A b', 'b'],
    ['that were given up are not held by a key that comes later', 2, 'a b c A d', 'ab'],
  ])('%s', (_says, most, coming, went) => {
    expect(gone(most, coming)).toBe(went);
  });
});
