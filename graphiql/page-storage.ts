// localhost:4000 is everybody's: without a prefix of its own the page would open with another project's tabs.
const prefix = 'tendril:';
const keyName = `${prefix}apiKey`;

/** localStorage for GraphiQL, seen through a prefix; clear and length concern GraphiQL's own entries only. */
export const pageStorage = {
  getItem: (name: string) => localStorage.getItem(prefix + name),
  setItem: (name: string, value: string) => localStorage.setItem(prefix + name, value),
  removeItem: (name: string) => localStorage.removeItem(prefix + name),
  clear: () => {
    for (const name of ownNames()) localStorage.removeItem(name);
  },
  get length() {
    return ownNames().length;
  },
};

function ownNames(): string[] {
  return Object.keys(localStorage).filter((name) => name.startsWith(`${prefix}graphiql:`));
}

/** The API key typed in earlier in this browser; '' for none. */
export function readStoredKey(): string {
  return localStorage.getItem(keyName) ?? '';
}

/** Keeps the key for the next visit and for a second window; '' forgets it. */
export function storeKey(apiKey: string): void {
  if (apiKey === '') localStorage.removeItem(keyName);
  else localStorage.setItem(keyName, apiKey);
}
