import { fork } from 'node:child_process';
import { once } from 'node:events';

/** What a process can be asked to do, by name; each takes one argument. */
export type Calls = { readonly [name: string]: (argument: never) => unknown };

/** A process of its own that is asked by messages. */
export interface OwnProcess<C extends Calls> {
  /** Rejects with the message of what went wrong over there. */
  call<N extends keyof C & string>(
    name: N,
    argument: Parameters<C[N]>[0],
  ): Promise<Awaited<ReturnType<C[N]>>>;
  /** Has it end by itself; it is killed where that takes too long. */
  stop(): Promise<void>;
}

interface Question {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}
type Answer = { readonly id: number } & ({ readonly value: unknown } | { readonly fault: string });

const endsWithinMs = 25_000;

/** Runs a file of this folder, without its extension, in a process of its own; the file answers by `answerCalls`. */
export function startProcess<C extends Calls>(file: string): OwnProcess<C> {
  // A group of its own: Ctrl-C reaches the bench alone, which then ends the others in order.
  const child = fork(new URL(`./${file}.js`, import.meta.url), {
    serialization: 'advanced',
    detached: true,
    execArgv: [],
  });
  const exited = once(child, 'exit');
  const asked = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;
  child.on('message', (message) => {
    const answer = message as Answer;
    const question = asked.get(answer.id);
    asked.delete(answer.id);
    if ('fault' in answer) question?.reject(new Error(answer.fault));
    else question?.resolve(answer.value);
  });
  child.on('exit', (code, signal) => {
    for (const question of asked.values()) question.reject(new Error(`${file} ended (${signal ?? code})`));
  });
  return {
    call(name, argument) {
      lastId += 1;
      const question = Promise.withResolvers<unknown>();
      asked.set(lastId, question);
      child.send(
        { id: lastId, name, argument } satisfies Question,
        (error) => error && question.reject(error),
      );
      return question.promise as Promise<never>;
    },
    async stop() {
      if (child.connected) child.disconnect();
      const late = setTimeout(() => child.kill('SIGKILL'), endsWithinMs);
      await exited;
      clearTimeout(late);
    },
  };
}

/** Answers what the starting process asks. When that one lets go, or is gone however it ended, this one runs `end` and exits. */
export function answerCalls(calls: Calls, end: () => Promise<unknown> = () => Promise.resolve()): void {
  process.on('message', async (message) => {
    const { id, name, argument } = message as Question;
    const answer = await Promise.resolve(argument)
      .then((given) => calls[name]?.(given as never))
      .then(
        (value): Answer => ({ id, value }),
        (error: unknown): Answer => ({ id, fault: error instanceof Error ? error.message : String(error) }),
      );
    if (process.connected) process.send?.(answer);
  });
  process.on('disconnect', () => void end().finally(() => process.exit()));
}
