const syllables = [
  'ba',
  'con',
  'di',
  'el',
  'for',
  'gra',
  'hu',
  'in',
  'jo',
  'ker',
  'lo',
  'mar',
  'ne',
  'or',
  'pi',
  'qua',
  'ri',
  'so',
  'ten',
  'ur',
  'vi',
  'wal',
  'yo',
  'zen',
];
const wordCount = 5_000;
const wordsAPhrase = 20;

/** So many phrases of made-up words, a few of them frequent and most of them rare, as in a language; the same each time. */
export function phrases(count: number): string[] {
  let state = 1;
  // A linear congruential generator (Numerical Recipes), so that every run has the same words.
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const word = () =>
    Array.from(
      { length: 2 + Math.floor(3 * random()) },
      () => syllables[Math.floor(syllables.length * random())],
    ).join('');
  const words = Array.from({ length: wordCount }, word);
  const phrase = () =>
    Array.from({ length: wordsAPhrase }, () => words[Math.floor(wordCount ** random()) - 1] ?? '').join(' ');
  return Array.from({ length: count }, phrase);
}
