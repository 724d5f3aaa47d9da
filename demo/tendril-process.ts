import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A Tendril in a process of its own, on embedded stores. */
export interface TendrilProcess {
  /** Its address, once it is up; rejects with its last words where it ends before. */
  readonly url: Promise<string>;
  /** An ADMIN key. */
  readonly key: string;
  /** Resolves when it has ended, with its exit code or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** Asks it to stop; asked again, it stops at once. */
  stop(): void;
}

const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
const infoLevel = 30;
const warnLevel = 40;

/** Starts the built Tendril on a data folder. `onLog` is told what it logs while it starts, and its warnings after that. */
export function startTendrilProcess(dataDir: string, onLog: (message: string) => void): TendrilProcess {
  const key = `tdl_demo_${randomBytes(24).toString('base64url')}`;
  const child = spawn(process.execPath, [main], {
    env: environment(dataDir, key),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own: Ctrl-C goes to the whole foreground group, and it is this process that passes it on.
    detached: true,
  });
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  return { url: firstAddress(child, ended, onLog), key, ended, stop: () => void child.kill('SIGTERM') };
}

/** This process's environment, so that PATH, proxies and MONGOD_BINARY are there, without what would lead away from the embedded stores. */
function environment(dataDir: string, key: string): NodeJS.ProcessEnv {
  // An empty setting counts as unset.
  const unset = [
    'DATABASE_URL',
    'MONGODB_URL',
    'ROLE',
    'ENCRYPTION_KEYS',
    'ALLOW_HTTP_ENDPOINTS',
    'SOURCE_IP_ADDRESSES',
    'PUBLIC_URL',
    'LOG_LEVEL',
  ].map((name) => [name, '']);
  return {
    ...process.env,
    ...Object.fromEntries(unset),
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: dataDir,
    BOOTSTRAP_API_KEY: key,
  };
}

function firstAddress(
  { stdout, stderr }: ChildProcess,
  ended: Promise<number | string>,
  onLog: (message: string) => void,
): Promise<string> {
  if (!stdout || !stderr) throw new TypeError('Tendril was spawned without pipes');
  return new Promise((resolve, reject) => {
    let leastLevel = infoLevel;
    let lastWords = '';
    createInterface({ input: stderr }).on('line', (text) => {
      const { level, message } = readLogLine(text);
      if (level >= leastLevel) onLog(message);
      lastWords = message;
    });
    createInterface({ input: stdout }).on('line', (text) => {
      const url = /^Health +(\S+)\/health\/ready$/.exec(text)?.[1];
      if (url === undefined) return;
      leastLevel = warnLevel;
      resolve(url);
    });
    void ended.then((how) => reject(new Error(`Tendril ended with ${how}. ${lastWords}`)));
  });
}

/** A line of Tendril's log, which is JSON; the sentence before an exit with 1 is not. */
function readLogLine(text: string): { level: number; message: string } {
  try {
    const { level, msg } = JSON.parse(text) as { level: number; msg: string };
    return { level, message: msg };
  } catch {
    return { level: warnLevel, message: text };
  }
}
