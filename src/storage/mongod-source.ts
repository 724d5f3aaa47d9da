/** A place that mongod can be fetched from. */
export interface MongodSource {
  /** Ends the sentence "mongod comes from …". */
  readonly name: string;
  /** Its file name in the cache. */
  readonly cachedAs: string;
  /** Fetches into an empty folder and gives back the path of the binary; throws with the reason where it cannot be had. */
  fetch(folder: string): Promise<string>;
}

/** A mongod that was seen to run here, or the reason why there is none. */
export type FoundMongod =
  | { readonly kind: 'found'; readonly path: string; readonly version: string }
  | { readonly kind: 'unavailable'; readonly reason: string };
