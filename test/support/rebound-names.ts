import { isIP } from 'node:net';

const answersOf = new Map<string, string[][]>();

/** Has a host name answered: each look-up takes the next of the answers, and the last one stays. */
export function answerName(name: string, ...answers: string[][]): void {
  answersOf.set(name, answers);
}

/** The system's resolver, as far as names were told to it; a test file puts it in the place of `node:dns/promises`. */
export async function lookUpTold(name: string): Promise<{ address: string; family: number }[]> {
  const answers = answersOf.get(name);
  if (!answers) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
  const now = (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
  return now.map((address) => ({ address, family: isIP(address) }));
}
