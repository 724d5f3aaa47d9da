import { RE2JS } from 're2js';

const maxPatternCharacters = 500;
const maxProgramSize = 5_000;

/** A regular expression of a caller's that cannot run away. */
export interface LinearPattern {
  test(text: string): boolean;
  /** How many instructions it has: what a character of the text costs at worst. */
  readonly programSize: number;
}

/**
 * Compiles a pattern of a JSON Schema for RE2's engine, whose time grows with the text and no faster; JavaScript's own
 * engine backtracks, and (a+)+$ would stop the process. A text says why a pattern cannot be had.
 */
export function compileLinearPattern(pattern: string): LinearPattern | string {
  if ([...pattern].length > maxPatternCharacters) {
    return `is longer than ${maxPatternCharacters} characters`;
  }
  // JSON Schema's patterns are ECMA-262's; what only RE2 knows, such as (?i), is not one.
  if (!isEcmaPattern(pattern)) return 'is no regular expression of ECMA-262';
  const compiled = compile(pattern);
  if (!compiled) return 'cannot be matched in linear time: look-around and back-references are not supported';
  if (compiled.programSize() > maxProgramSize) return 'is too large; ask for fewer repetitions';
  return { test: (text) => compiled.test(text), programSize: compiled.programSize() };
}

// Reading a pattern is harmless; only matching with it is not.
function isEcmaPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

function compile(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(pattern));
  } catch {
    return undefined;
  }
}
