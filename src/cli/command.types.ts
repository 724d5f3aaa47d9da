import type { Logger } from 'pino';
import type { Database } from '../storage/database.js';
import type { Encryption } from '../storage/encryption.js';

/** What can be said with `--`. */
export interface Option {
  /** What stands for its value in the help; undefined for a switch. */
  readonly value?: string;
  readonly isRequired?: boolean;
  readonly does: string;
}

/** What stood on the command line, before its values are checked. */
export interface Given {
  readonly argument: string | undefined;
  readonly options: Readonly<Record<string, string | true | undefined>>;
}

/** A command of the command line, as data: the help, the reading and the running go by it. */
export interface Command {
  /** As it is typed: `keys create`. */
  readonly name: string;
  /** What stands for its one argument in the help; undefined where it takes none. */
  readonly argument?: string;
  readonly options: Readonly<Record<string, Option>>;
  readonly does: string;
  /** Checks the values that were given, all at once; that one is absent and required is told by whoever reads the line. */
  read(given: Given, nowMs: number): Reading;
}

/** What is to be done, or what is wrong with what was given: plain sentences. */
export type Reading = { readonly run: Run } | { readonly faults: readonly string[] };

/** Does it, and gives what is to be printed. Fails with a StartError where it cannot. */
export type Run = (parts: CommandParts) => Promise<Answer>;

/** What commands work with. */
export interface CommandParts {
  readonly database: Database;
  /** The keys of the configuration or of the data folder; the first encrypts. */
  readonly encryptionKeys: readonly Buffer[];
  readonly encryption: Encryption;
  readonly log: Logger;
  /** The data folder that holds the key file; undefined where the keys come from the configuration. */
  readonly keyFileIn: string | undefined;
  /** Whether a server runs on the data folder; unknown, and false, with `DATABASE_URL`. */
  readonly isBesideServer: boolean;
}

/** What a command has to say. */
export interface Answer {
  /** For `--json`. */
  readonly json: unknown;
  /** For people. */
  readonly lines: readonly string[];
  /** What went wrong all the same, in sentences; the command then ends with 1. */
  readonly failures?: readonly string[];
}
