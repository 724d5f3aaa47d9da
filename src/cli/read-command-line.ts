import { parseArgs } from 'node:util';
import { closestMatch } from 'leven';
import type { Command, Option, Run } from './command.types.js';

/** What a command line asks for; where it is wrong, every fault as a plain sentence. */
export type CommandLine =
  | { readonly kind: 'help' | 'version' | 'start' }
  | { readonly kind: 'helpOf'; readonly command: Command }
  | { readonly kind: 'command'; readonly run: Run; readonly asJson: boolean }
  | { readonly kind: 'wrong'; readonly command: Command | undefined; readonly faults: readonly string[] };

type Tokens = NonNullable<ReturnType<typeof parseArgs>['tokens']>;
type Token = Tokens[number];
type OptionToken = Extract<Token, { kind: 'option' }>;
type PositionalToken = Extract<Token, { kind: 'positional' }>;

const start = 'start';

/** The options of every command. */
export const commonOptions: Readonly<Record<string, Option>> = {
  json: { does: 'Prints the result as one line of JSON' },
  help: { does: 'Tells what there is to say' },
};

/** Reads what stands behind `tendril`. What it does not understand is told together, with the nearest thing that was likely meant. */
export function readCommandLine(
  args: readonly string[],
  commands: readonly Command[],
  nowMs: number,
): CommandLine {
  const { tokens, valueless } = tokensOf(args, commands);
  const words = tokens.filter((token) => token.kind === 'positional');
  const options = tokens.filter((token) => token.kind === 'option');
  const command = commands.find(({ name }) => name === typed(words, 2));
  const wants = (name: string) => options.some((option) => option.name === name);
  if (wants('help') || words[0]?.value === 'help')
    return command ? { kind: 'helpOf', command } : { kind: 'help' };
  if (wants('version')) return { kind: 'version' };
  // `--port 1` is meant for the server.
  const isForServer = words.length === 0 || words[0]?.value === start || isUnknownOption(tokens[0]);
  if (!command && isForServer) return readStart(words, options);
  if (!command) return { kind: 'wrong', command, faults: [unknownCommand(words, commands)] };
  return readGiven({ words: words.slice(2), options, valueless }, command, nowMs);
}

/** What is given to a command: what stands behind its name. */
interface Behind {
  readonly words: readonly PositionalToken[];
  readonly options: readonly OptionToken[];
  /** Options that another option stood behind, in the place of their value. */
  readonly valueless: readonly string[];
}

function readGiven(behind: Behind, command: Command, nowMs: number): CommandLine {
  const known = optionsOf(command);
  // One that lacks its value counts as not given to the command; `optionFaults` tells it.
  const whole = behind.options.filter(({ name, value }) => value !== undefined || !known.get(name)?.value);
  const values = new Map(whole.map(({ name, value }) => [name, value ?? (true as const)]));
  const given = { argument: behind.words[0]?.value, options: Object.fromEntries(values) };
  const reading = command.read(given, nowMs);
  const faults = [
    ...optionFaults(behind, command),
    ...argumentFaults(behind, command),
    ...missingFaults(behind, command),
    ...('faults' in reading ? reading.faults : []),
  ];
  if (faults.length > 0 || 'faults' in reading) return { kind: 'wrong', command, faults };
  return { kind: 'command', run: reading.run, asJson: values.has('json') };
}

/** A value that looks like an option is one: the option before it was given none, which `valueless` then names. */
function tokensOf(
  args: readonly string[],
  commands: readonly Command[],
): { tokens: Tokens; valueless: string[] } {
  const known = Object.assign({}, commonOptions, ...commands.map(({ options }) => options));
  const options = Object.fromEntries(
    Object.entries(known as Record<string, Option>).map(([name, { value }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  const shorts = {
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'v' },
  } as const;
  const { tokens } = parseArgs({
    args: [...args],
    options: { ...options, ...shorts },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const swallower = tokens.find(
    (token): token is OptionToken =>
      token.kind === 'option' && token.inlineValue === false && token.value.startsWith('-'),
  );
  if (!swallower) return { tokens, valueless: [] };
  const rest = tokensOf(args.toSpliced(swallower.index, 1), commands);
  return { tokens: rest.tokens, valueless: [swallower.name, ...rest.valueless] };
}

function typed(words: readonly PositionalToken[], count: number): string {
  return words
    .slice(0, count)
    .map(({ value }) => value)
    .join(' ');
}

function isUnknownOption(token: Token | undefined): boolean {
  return token?.kind === 'option' && !Object.hasOwn(commonOptions, token.name);
}

function readStart(words: readonly PositionalToken[], options: readonly OptionToken[]): CommandLine {
  const faults = [
    ...options.map(
      ({ rawName }) => `${rawName} is no option of the server: its settings are environment variables`,
    ),
    ...words.slice(1).map(({ value }) => `${quoted(value)} is one word too many: ${start} takes no argument`),
  ];
  return faults.length > 0 ? { kind: 'wrong', command: undefined, faults } : { kind: 'start' };
}

function unknownCommand(words: readonly PositionalToken[], commands: readonly Command[]): string {
  const [first = '', ...rest] = typed(words, 2).split(' ');
  const names = commands.map(({ name }) => name);
  const ofGroup = names.filter((name) => name.startsWith(`${first} `));
  if (ofGroup.length > 0 && rest.length === 0) return `${first} is not all of it: say ${either(ofGroup)}`;
  const groups = names.map((name) => name.split(' ')[0] ?? '');
  const meant =
    nearest(typed(words, 2), ofGroup.length > 0 ? ofGroup : names) ??
    nearest(first, [...groups, start, 'help']);
  const whole = meant ? `; did you mean ${meant}?` : `; there are ${either([start, ...names], 'and')}`;
  return `There is no command ${quoted(typed(words, 2))}${whole}`;
}

function optionFaults({ options, valueless }: Behind, command: Command): string[] {
  const known = optionsOf(command);
  const faults = options.flatMap((token, index) => {
    const option = known.get(token.name);
    if (!option) {
      const meant = nearest(token.name, [...known.keys()]);
      return [`${command.name} has no option ${token.rawName}${meant ? `; did you mean --${meant}?` : ''}`];
    }
    if (options.findIndex(({ name }) => name === token.name) < index)
      return [`--${token.name} is given twice`];
    if (option.value === undefined && token.value !== undefined) return [`--${token.name} takes no value`];
    if (option.value !== undefined && token.value === undefined) return [needsValue(token.name, option)];
    return [];
  });
  const missed = valueless.flatMap((name) => {
    const option = known.get(name);
    return option ? [needsValue(name, option)] : [];
  });
  return [...new Set([...faults, ...missed])];
}

function optionsOf(command: Command): ReadonlyMap<string, Option> {
  return new Map(Object.entries({ ...command.options, ...commonOptions }));
}

function needsValue(name: string, { value }: Option): string {
  return `--${name} needs a value: --${name} ${value}`;
}

function argumentFaults({ words, options }: Behind, command: Command): string[] {
  const { name, argument } = command;
  const known = optionsOf(command);
  const taken = argument === undefined ? 0 : 1;
  if (words.length < taken) return [`${name} needs ${argument}: tendril ${name} ${argument}`];
  // What follows an option that is not known was likely meant as its value: one fault, not two.
  const afterUnknown = new Set(
    options.filter((option) => !known.has(option.name) && !option.inlineValue).map(({ index }) => index + 1),
  );
  return words
    .slice(taken)
    .filter(({ index }) => !afterUnknown.has(index))
    .map(({ value }) => `${quoted(value)} is one word too many; put quotes around a name of several words`);
}

function missingFaults({ options, valueless }: Behind, command: Command): string[] {
  const known = optionsOf(command);
  // One that is likely misspelt is told as that alone.
  const meant = options.map(({ name }) => (known.has(name) ? name : nearest(name, [...known.keys()])));
  const mentioned = new Set([...valueless, ...meant]);
  return Object.entries(command.options)
    .filter(([name, { isRequired }]) => isRequired && !mentioned.has(name))
    .map(([name, { value }]) => `--${name} is missing: --${name} ${value}`);
}

function nearest(word: string, words: readonly string[]): string | undefined {
  return closestMatch(word, [...words], { maxDistance: Math.max(2, Math.floor(word.length * 0.4)) });
}

function either(words: readonly string[], conjunction = 'or'): string {
  return new Intl.ListFormat('en', { type: conjunction === 'or' ? 'disjunction' : 'conjunction' }).format(
    words,
  );
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
