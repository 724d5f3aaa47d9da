import { badInput } from './paging.js';

const maxCharacters = 4096;

/** Refuses a search that is longer than what is looked for: PostgreSQL takes it apart anew for each row that it compares. */
export function checkSearch(search: string | null | undefined): void {
  const characters = search?.length ?? 0;
  if (characters > maxCharacters)
    throw badInput(`search has ${characters} characters; at most ${maxCharacters} are looked for.`);
}
