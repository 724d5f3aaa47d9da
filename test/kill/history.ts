import { appendFileSync } from 'node:fs';
import type { Fault } from './schedule.js';

/** How an endpoint behaves. `ok` and `late` are answers that count as delivered. */
export type Mode = 'ok' | 'late' | 'error' | 'gone' | 'hang' | 'reset' | 'drip' | 'cut' | 'refuse';

/** One thing that happened in a run; all moments are of one clock, in Unix milliseconds. */
export type Entry =
  /** The server said that it has stored an event. `payload` is the JSON that was published. */
  | {
      kind: 'acknowledged';
      atMs: number;
      startedMs: number;
      eventId: string;
      key: string | null;
      payload: string;
    }
  /** A publish got no usable answer: the events may be stored or not. */
  | { kind: 'unanswered'; atMs: number; startedMs: number; payloads: readonly string[]; why: string }
  /** The server would not take an event. */
  | { kind: 'refused'; atMs: number; payload: string; why: string }
  /** A resend was asked for; without an answer it may have been accepted or not. */
  | { kind: 'resent'; atMs: number; endpoint: string; eventId: string; answer: 'accepted' | 'none' }
  /** A subscription was to be changed; without an answer it may have been or not. `id` is null where it was never learnt. */
  | {
      kind: 'managed';
      atMs: number;
      startedMs: number;
      change: 'create' | 'describe' | 'delete';
      id: string | null;
      /** Null where it was deleted. */
      description: string | null;
      answer: 'accepted' | 'refused' | 'none';
      why: string;
    }
  /** From here on nothing is done to the servers any more. */
  | { kind: 'mended'; atMs: number }
  /** Everything has come to its end, or the time for that is over. */
  | { kind: 'settled'; atMs: number }
  | { kind: 'arrived'; atMs: number; request: number; endpoint: string; webhookId: string; body: string }
  /** The whole of a 2xx answer was handed to the connection. */
  | { kind: 'answered'; atMs: number; request: number }
  | { kind: 'behaved'; atMs: number; endpoint: string; mode: Mode }
  /**
   * A fault and its mending, which began at `mendingMs`: to start a server takes its share of the machine. `hitsSender`: whether
   * what was hit may have had deliveries under way.
   */
  | {
      kind: 'fault';
      fault: Fault;
      hitsSender: boolean;
      fromMs: number;
      mendingMs: number;
      toMs: number;
      what: string;
    }
  /** A server process is up. */
  | { kind: 'started'; atMs: number; process: string; tookMs: number }
  /** A server process ended; `asked` is the signal that was sent to it, null where none was. */
  | {
      kind: 'ended';
      atMs: number;
      process: string;
      asked: string | null;
      how: number | string;
      tookMs: number;
    }
  /** A look into the database: the oldest delivery that is SENDING. */
  | { kind: 'sampled'; atMs: number; oldestSendingMs: number }
  /** The machine kept this process itself waiting. */
  | { kind: 'stalled'; atMs: number; ms: number };

/** An entry of one kind. */
export type EntryOf<Kind extends Entry['kind']> = Extract<Entry, { kind: Kind }>;

/** What happened in a run, kept in memory and, line by line, in a file. */
export interface Journal {
  readonly entries: readonly Entry[];
  write(entry: Entry): void;
}

/** A journal in this file; whatever ends the run, what was written is there. */
export function openJournal(file: string): Journal {
  const entries: Entry[] = [];
  return {
    entries,
    write(entry) {
      entries.push(entry);
      appendFileSync(file, `${JSON.stringify(entry)}\n`);
    },
  };
}
