import { useEffect, useState } from 'react';
import { checkKey, type KeyCheck } from './key-check.js';

// Long enough for a typed key not to be tried letter by letter.
const typingPauseMs = 400;

/** The field for the API key, and one line that says whose key it is or where to find one. */
export function KeyBar({ apiKey, onChange }: { apiKey: string; onChange: (apiKey: string) => void }) {
  const [draft, setDraft] = useState(apiKey);
  const typed = draft.trim();

  useEffect(() => {
    if (typed === apiKey) return;
    const timer = setTimeout(() => onChange(typed), typingPauseMs);
    return () => clearTimeout(timer);
  }, [typed, apiKey, onChange]);

  return (
    <header className="key-bar">
      <h1>Tendril</h1>
      <label>
        API key
        <input
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          // Leaving the field must not race the pause: the next click may run an operation.
          onBlur={() => typed !== apiKey && onChange(typed)}
        />
      </label>
      <KeyLine check={useKeyCheck(apiKey)} />
      <a href="/graphiql/" target="_blank" rel="noreferrer">
        Second window
      </a>
    </header>
  );
}

function useKeyCheck(apiKey: string): KeyCheck {
  const [check, setCheck] = useState<KeyCheck>({ kind: 'asking' });
  useEffect(() => {
    let isCurrent = true;
    setCheck({ kind: 'asking' });
    void checkKey(apiKey).then((result) => isCurrent && setCheck(result));
    return () => {
      isCurrent = false;
    };
  }, [apiKey]);
  return check;
}

function KeyLine({ check }: { check: KeyCheck }) {
  switch (check.kind) {
    case 'missing':
      return <p role="status">No key yet: the server printed one at its first start. Paste it here.</p>;
    case 'asking':
      return <p role="status">Asking the server…</p>;
    case 'accepted':
      return (
        <p role="status">
          Workspace <b>{check.workspace}</b>, key <b>{check.key}</b> ({check.scopes.join(', ')})
        </p>
      );
    case 'refused':
      return (
        <p role="status" className="refused">
          The server refuses this key: {check.message}
        </p>
      );
    case 'unreachable':
      return (
        <p role="status" className="refused">
          The server cannot be reached; reload the page once it is up.
        </p>
      );
  }
}
