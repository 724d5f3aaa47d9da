// What test/rules-of-the-house.test.ts plants. The texts are strings, so that the tools see them only where they are planted.

/** Imports against the directions of CONTRIBUTING.md: the file, what it imports, and words of the refusal. */
export const badImports: readonly (readonly [path: string, specifier: string, because: string])[] = [
  ['src/rules/planted.ts', '../deliveries/drain/drain.js', 'A rule is pure'],
  ['src/rules/planted.ts', '../config.js', 'A rule is pure'],
  ['src/rules/planted.ts', '../profiles/standard.js', 'A rule is pure'],
  ['src/rules/planted.ts', 'node:fs/promises', 'A rule is pure'],
  ['src/rules/planted.ts', 'node:http', 'A rule is pure'],
  ['src/rules/planted.ts', 'node:net', 'A rule is pure'],
  ['src/rules/planted.ts', 'pg', 'A rule is pure'],
  ['src/rules/planted.ts', 'undici', 'A rule is pure'],
  ['src/profiles/planted.ts', '../events/publish-event.js', 'A profile is data'],
  ['src/profiles/planted.ts', '../storage/database.js', 'A profile is data'],
  ['src/profiles/planted.ts', 'pg', 'A profile is data'],
  ['src/deliveries/planted.entity.ts', './drain/drain.js', 'An entity'],
  ['src/deliveries/planted.entity.ts', './delivery.resolver.js', 'An entity'],
  ['src/deliveries/planted.entity.ts', '../graphql/schema.js', 'An entity'],
  ['src/deliveries/planted.entity.ts', '../app.js', 'An entity'],
  ['src/deliveries/planted.entity.ts', 'undici', 'http-client.ts'],
  ['src/deliveries/planted.types.ts', './drain/drain.js', 'An entity or a GraphQL type'],
  ['src/deliveries/planted.types.ts', '../graphql/context.js', 'An entity or a GraphQL type'],
  ['src/events/planted.ts', '../deliveries/delivery.resolver.js', 'schema.ts imports resolvers'],
  ['src/events/planted.ts', '../graphql/context.js', 'Only resolvers'],
  ['src/events/planted.ts', '../app.js', 'Only serve.ts'],
  ['src/events/planted.ts', '../serve.js', 'Only serve.ts'],
  ['src/events/planted.ts', '../main.js', 'Only serve.ts'],
  ['src/cli/planted.ts', '../serve.js', 'Only serve.ts'],
  ['src/events/planted.ts', '../../test/support/receiver.js', 'does not import its tests'],
  ['src/events/planted.ts', 'agenda', 'alarms.ts'],
  ['src/events/planted.ts', '@agendajs/mongo-backend', 'alarms.ts'],
  ['src/events/planted.ts', 'undici', 'http-client.ts'],
  ['src/events/planted.ts', 'node:process', 'config.ts'],
  ['src/planted.ts', './graphql/context.js', 'Only resolvers'],
  ['src/planted.ts', './app.js', 'Only serve.ts'],
  ['src/dialer/http-client.ts', 'agenda', 'alarms.ts'],
  ['src/dialer/http-client.ts', '../graphql/context.js', 'Only resolvers'],
  ['src/deliveries/alarms/alarms.ts', 'undici', 'http-client.ts'],
  ['src/deliveries/alarms/alarms.ts', '../../graphql/context.js', 'Only resolvers'],
  ['src/events/planted.resolver.ts', '../deliveries/delivery.resolver.js', 'schema.ts imports resolvers'],
  ['src/events/planted.resolver.ts', '../graphql/schema.js', 'built from resolvers'],
  ['src/events/planted.resolver.ts', '../app.js', 'Only serve.ts'],
  ['src/events/planted.resolver.ts', 'agenda', 'alarms.ts'],
  ['src/events/planted.resolver.ts', 'undici', 'http-client.ts'],
  ['src/graphql/planted.ts', '../app.js', 'Only serve.ts'],
  ['src/graphql/planted.ts', 'undici', 'http-client.ts'],
  ['src/graphql/planted.ts', 'agenda', 'alarms.ts'],
  ['src/app.ts', './main.js', 'Nothing imports main.ts'],
  ['src/app.ts', './events/event.resolver.js', 'schema.ts imports resolvers'],
  ['src/app.ts', 'undici', 'http-client.ts'],
  ['src/app.ts', 'agenda', 'alarms.ts'],
];

const tangle =
  'for (;;) { if (a) { for (;;) { if (b) { for (;;) { while (c) { if (a && b) break; } } } } } }';

/** Files that break one rule each: where they stand, their text, and the rule that must reject them. */
export const badFiles: readonly { says: string; path: string; text: string; rule: string }[] = [
  {
    says: 'a rule that waits',
    path: 'src/rules/waiting.ts',
    text: 'setTimeout(() => {}, 1);',
    rule: 'lint/style/noRestrictedGlobals',
  },
  {
    says: 'a rule that asks the process',
    path: 'src/rules/asking.ts',
    text: 'export const pid = process.pid;',
    rule: 'lint/style/noRestrictedGlobals',
  },
  {
    says: 'a request by fetch',
    path: 'src/deliveries/fetching.ts',
    text: "export const answer = await fetch('https://example.com');",
    rule: 'lint/style/noRestrictedGlobals',
  },
  {
    says: "the DOM's Event taken for ours",
    path: 'src/events/dom.ts',
    text: 'export const isOurs = (event: Event) => event;',
    rule: 'lint/style/noRestrictedGlobals',
  },
  {
    says: 'process.env read outside src/config.ts',
    path: 'src/storage/reading.ts',
    text: 'export const port = process.env.PORT;',
    rule: 'lint/style/noProcessEnv',
  },
  {
    says: 'printing outside the commands',
    path: 'src/storage/printing.ts',
    text: "console.log('up');",
    rule: 'lint/suspicious/noConsole',
  },
  {
    says: 'a forbidden import made late',
    path: 'src/events/late.ts',
    text: "export const late = () => import('../graphql/context.js');",
    rule: 'lint/style/noRestrictedImports',
  },
  {
    says: 'a forbidden import of a type alone',
    path: 'src/rules/typed.ts',
    text: "export type { Config } from '../config.js';",
    rule: 'lint/style/noRestrictedImports',
  },
  {
    says: 'an operation that need not state its scopes',
    path: 'src/events/unscoped.resolver.ts',
    text: "import { Query } from 'type-graphql';\nexport const a = Query;",
    rule: 'lint/style/noRestrictedImports',
  },
  {
    says: 'one beside the schema, under another name',
    path: 'src/graphql/unscoped.resolver.ts',
    text: "import { Subscription as Live } from 'type-graphql';\nexport const a = Live;",
    rule: 'lint/style/noRestrictedImports',
  },
  {
    says: 'a circle, seen from its first file',
    path: 'src/events/first.ts',
    text: "import { second } from './second.js';\nexport const first = () => second;",
    rule: 'lint/suspicious/noImportCycles',
  },
  {
    says: 'a circle, seen from its second file',
    path: 'src/events/second.ts',
    text: "import { first } from './first.js';\nexport const second = () => first;",
    rule: 'lint/suspicious/noImportCycles',
  },
  {
    says: 'a file that only passes exports on',
    path: 'src/events/index.ts',
    text: "export * from './publish-event.js';",
    rule: 'lint/performance/noBarrelFile',
  },
  {
    says: 'a file name in camelCase',
    path: 'src/events/publishEvent.ts',
    text: 'export const a = 1;',
    rule: 'lint/style/useFilenamingConvention',
  },
  {
    says: 'a suffix that is not one of ours',
    path: 'src/events/event.service.ts',
    text: 'export const a = 1;',
    rule: 'lint/style/useFilenamingConvention',
  },
  {
    says: 'a function that is hard to follow',
    path: 'src/events/tangled.ts',
    text: `export function tangled(a: boolean, b: boolean, c: boolean) { ${tangle} }`,
    rule: 'lint/complexity/noExcessiveCognitiveComplexity',
  },
  {
    says: 'a function of more than 40 lines',
    path: 'src/events/long-function.ts',
    text: `export function long(lines: string[]) {\n${"  lines.push('');\n".repeat(41)}}`,
    rule: 'lint/complexity/noExcessiveLinesPerFunction',
  },
  {
    says: 'a file of more than 250 lines',
    path: 'src/events/long-file.ts',
    text: 'export {};\n'.repeat(251),
    rule: 'lint/style/noExcessiveLinesPerFile',
  },
  {
    says: 'a promise that nobody waits for',
    path: 'test/floating.test.ts',
    text: 'async function later() {}\nlater();',
    rule: 'lint/nursery/noFloatingPromises',
  },
  {
    says: 'a format of its own',
    path: 'test/formatted.test.ts',
    text: 'export const a = "double"',
    rule: 'format',
  },
  {
    says: 'imports out of order',
    path: 'test/unsorted.test.ts',
    text: "import { b, a } from 'node:os';\nexport const c = [a, b];\n",
    rule: 'assist/source/organizeImports',
  },
];

/** Files that keep to the rules: a gate that rejects everything would be no gate either. */
export const goodFiles: Readonly<Record<string, string>> = {
  'src/rules/pure.ts':
    "import { createHmac } from 'node:crypto';\nimport { isIP } from 'node:net';\nimport { a } from './other.js';\n\nexport const b = [createHmac, isIP, a];\n",
  'src/profiles/plain.ts': "import { b } from '../rules/pure.js';\n\nexport const c = b;\n",
  'src/events/fact.entity.ts':
    "import { Node } from '../graphql/node.js';\nimport { c } from '../profiles/plain.js';\nimport { d } from '../workspaces/workspace.entity.js';\n\nexport const e = [Node, c, d];\n",
  'src/events/publish.ts':
    "import { userError } from '../graphql/user-error.js';\nimport { e } from './fact.entity.js';\n\nexport const f = [e, userError];\n",
  'src/events/fact.resolver.ts':
    "import type { RequestContext } from '../graphql/context.js';\nimport { f } from './publish.js';\n\nexport const g = (context: RequestContext) => [context, f];\n",
  'src/events/decorated.resolver.ts':
    "import { Arg, Resolver } from 'type-graphql';\nimport { Query } from '../graphql/operation.js';\n\n@Resolver()\nexport class Decorated {\n  @Query([], () => String)\n  same(@Arg('text', () => String) text: string): string {\n    return text;\n  }\n}\n",
  'src/graphql/schema.ts': "import { g } from '../events/fact.resolver.js';\n\nexport const h = g;\n",
  'src/deliveries/alarms/alarms.ts':
    "import { MongoBackend } from '@agendajs/mongo-backend';\nimport { Agenda } from 'agenda';\n\nexport const i = [Agenda, MongoBackend];\n",
  'src/dialer/http-client.ts': "import { request } from 'undici';\n\nexport const j = request;\n",
  'src/config.ts': 'export const port = process.env.PORT;\n',
  'src/app.ts': "import { h } from './graphql/schema.js';\n\nexport const start = () => h;\n",
  'src/serve.ts': "import { start } from './app.js';\n\nexport const serve = () => console.log(start());\n",
  'src/cli/hello.ts': "console.log('hello');\n",
  'src/main.ts': "import { serve } from './serve.js';\n\nconsole.log(serve());\n",
  'bench/job-per-delivery.ts':
    "import { Agenda } from 'agenda';\nimport { request } from 'undici';\n\nconsole.log(Agenda, request, process.env.RATE);\n",
  'test/support/server.ts': "import { start } from '../../src/app.js';\n\nexport const k = start;\n",
};

/** For each flag of tsconfig.json, a text that only this flag rejects, and the compiler's code for it. */
export const wrongTypes: readonly (readonly [flag: string, code: string, text: string])[] = [
  ['strict', 'TS7006', 'export const a = (b) => b;'],
  ['noUncheckedIndexedAccess', 'TS2322', 'export const a = (b: string[]): string => b[0];'],
  ['exactOptionalPropertyTypes', 'TS2375', 'export const a: { b?: string } = { b: undefined };'],
  ['noImplicitOverride', 'TS4114', 'export class A { b() {} }\nexport class C extends A { b() {} }'],
  [
    'noFallthroughCasesInSwitch',
    'TS7029',
    'export function a(b: number) { switch (b) { case 1: a(2); case 2: a(3); } }',
  ],
  ['noUnusedLocals', 'TS6133', 'const a = 1;\nexport {};'],
  ['noUnusedParameters', 'TS6133', 'export const a = (b: number) => 1;'],
  ['verbatimModuleSyntax', 'TS1484', "import { Logger } from 'pino';\nexport type A = Logger;"],
];
