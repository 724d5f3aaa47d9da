// Writes the conformance table of the README from the titles of the tests beside this file; with --check it only tells, by exit 1,
// that the table is out of date. Run in the project's folder: npm run conformance.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Statement {
  readonly file: string;
  readonly id: string;
  readonly provider: string;
  /** MUST: … where a provider's documentation states it, SHOULD: … where it is ours to say. */
  readonly text: string;
}

const folder = 'test/conformance';
const place = /(?<=<!-- conformance -->\n).*?(?=<!-- \/conformance -->)/s;
// In test.each the title comes after the table: so it is known by its form, wherever it stands.
const statementTitle = /(['"`])(?<id>(?<provider>[A-Z]+)-\d\d) (?<text>(?:MUST|SHOULD): (?:\\.|(?!\1).)+)\1/g;
const otherTitle =
  /^ *(?:test|describe)\(\s*(['"`])(?![A-Z]+-\d\d (?:MUST|SHOULD): )(?<title>(?:\\.|(?!\1).)*)\1/gm;

const files = (await readdir(folder)).filter((name) => name.endsWith('.test.ts')).sort();
const read = await Promise.all(
  files.map(async (file) => statementsOf(file, await readFile(join(folder, file), 'utf8'))),
);
const statements = read.flatMap((one) => one.statements);
const faults = [...read.flatMap((one) => one.faults), ...doublesOf(statements)];
const readme = await readFile('README.md', 'utf8');
if (!place.test(readme)) faults.push('README.md: the place of the table, <!-- conformance -->, is missing');
const updated = readme.replace(place, () => tableOf(statements));
if (process.argv.includes('--check')) {
  if (faults.length === 0 && updated !== readme)
    faults.push('README.md: the conformance table is out of date; npm run conformance writes it anew');
} else if (faults.length === 0) {
  await writeFile('README.md', updated);
}
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;

function statementsOf(file: string, source: string): { statements: Statement[]; faults: string[] } {
  // every-profile.test.ts has EVERY-01, EVERY-02 …
  const expected = file.split(/[.-]/)[0]?.toUpperCase();
  const statements = [...source.matchAll(statementTitle)].map(
    ({ groups: { id = '', provider = '', text = '' } = {} }) => ({
      file,
      id,
      provider,
      text: text.replaceAll(/\\(.)/g, '$1'),
    }),
  );
  const faulty = [
    ...statements.filter(({ provider }) => provider !== expected).map(({ id }) => id),
    ...[...source.matchAll(otherTitle)].map(({ groups }) => groups?.title),
  ];
  const faults = faulty.map(
    (title) => `${file}: "${title}" is not "${expected}-NN MUST: …" or "${expected}-NN SHOULD: …"`,
  );
  return { statements, faults };
}

function doublesOf(all: readonly Statement[]): string[] {
  return [...Map.groupBy(all, ({ id }) => id)]
    .filter(([, same]) => same.length > 1)
    .map(
      ([id, same]) =>
        `${id} stands for ${same.length} statements: ${same.map(({ text }) => text).join(' | ')}`,
    );
}

function tableOf(all: readonly Statement[]): string {
  const rows = all
    .toSorted((one, other) => (one.id < other.id ? -1 : 1))
    .map(({ file, id, provider, text }) => {
      const name = provider === 'EVERY' ? 'every' : provider;
      return `| ${name} | ${text.replaceAll(/[|*<]/g, '\\$&')} | [${id}](${folder}/${file}) |`;
    });
  const head = ['| Profile | Statement | Test |', '| --- | --- | --- |'];
  const summary = `<summary>${all.length} statements</summary>`;
  return `\n<details>\n${summary}\n\n${[...head, ...rows].join('\n')}\n\n</details>\n\n`;
}
