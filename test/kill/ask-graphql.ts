/** A Tendril to ask, by an ADMIN key. */
export interface Asked {
  readonly url: string;
  readonly key: string;
}

/** After that whoever asks gives up. */
export const answerWithinMs = 10_000;

/** Asks over GraphQL; fails where no answer comes, or one with errors. */
export async function askGraphql<Data>(
  { url, key }: Asked,
  query: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<Data> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(answerWithinMs),
  });
  const { data, errors } = (await response.json()) as { data?: Data; errors?: { message: string }[] };
  if (!data || errors)
    throw new Error(errors?.map(({ message }) => message).join('; ') ?? `${response.status}`);
  return data;
}
