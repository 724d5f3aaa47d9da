import { GraphiQL } from 'graphiql';
import { useCallback, useMemo, useRef, useState } from 'react';
import { createFetcher, createSocket } from './api.js';
import { KeyBar } from './key-bar.js';
import { pageStorage, readStoredKey, storeKey } from './page-storage.js';
import { starterTabs } from './starter-tabs.js';

// GraphiQL fills the first tab's variables from initialVariables, not from defaultTabs. Once it has kept tabs of its
// own it must not be given any: they would open one more tab.
const isFirstVisit = pageStorage.getItem('graphiql:tabState') === null;
const initialValues = isFirstVisit ? { initialVariables: starterTabs[0].variables } : {};

/** The whole page: the bar with the API key above GraphiQL. */
export function Page() {
  const [apiKey, setApiKey] = useState(readStoredKey);
  const keyInUse = useRef(apiKey);
  const [socket] = useState(() => createSocket(() => keyInUse.current));
  // GraphiQL asks for the schema again whenever it is given another fetcher, so there is one for each key.
  const fetcher = useMemo(() => createFetcher(apiKey, socket), [apiKey, socket]);

  const changeKey = useCallback(
    (newKey: string) => {
      storeKey(newKey);
      keyInUse.current = newKey;
      // Open streams connect again, and so with the new key.
      socket.terminate();
      setApiKey(newKey);
    },
    [socket],
  );

  return (
    <>
      <KeyBar apiKey={apiKey} onChange={changeKey} />
      <GraphiQL
        fetcher={fetcher}
        // null keeps GraphiQL from asking for the schema: without a key it would only be refused.
        {...(apiKey === '' ? { schema: null } : {})}
        defaultTabs={[...starterTabs]}
        {...initialValues}
        defaultEditorToolsVisibility="variables"
        storage={pageStorage}
      >
        <GraphiQL.Logo> </GraphiQL.Logo>
      </GraphiQL>
    </>
  );
}
