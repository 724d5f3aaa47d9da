/** How many of some sizes, from the first on, stay within what is most; at least one. */
export function batchLength(sizes: readonly number[], most: number): number {
  let sum = 0;
  const tooMany = sizes.findIndex((size, index) => {
    sum += size;
    return index > 0 && sum > most;
  });
  return tooMany === -1 ? sizes.length : tooMany;
}
