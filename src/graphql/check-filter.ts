import { badInput } from './paging.js';

const maxCharacters = 4096;
const maxEntries = 250;

/** Refuses a filter with a search or a list that is too long, with all that is. */
export function checkFilter(filter: { readonly search?: string | null } | null | undefined): void {
  const faults = Object.entries(filter ?? {}).flatMap(([name, value]: [string, unknown]) =>
    Array.isArray(value) && value.length > maxEntries
      ? [`filter.${name} has ${value.length} entries; at most ${maxEntries} are taken.`]
      : [],
  );
  const fault = searchFault(filter?.search, 'filter.search');
  if (fault !== undefined) faults.push(fault);
  if (faults.length > 0) throw badInput(faults.join(' '));
}

/** Refuses a search that is longer than what is looked for: PostgreSQL takes it apart anew for each row that it compares. */
export function checkSearch(search: string | null | undefined): void {
  const fault = searchFault(search, 'search');
  if (fault !== undefined) throw badInput(fault);
}

function searchFault(search: string | null | undefined, path: string): string | undefined {
  const characters = search?.length ?? 0;
  if (characters <= maxCharacters) return undefined;
  return `${path} has ${characters} characters; at most ${maxCharacters} are looked for.`;
}
