import { spawn, spawnSync } from 'node:child_process';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { curlCommand } from '../../src/rules/curl.js';

test('the command is one that a person can read', () => {
  const headers = [
    { name: 'content-type', value: 'application/json' },
    { name: 'user-agent', value: 'Tendril' },
    { name: 'accept', value: '*/*' },
    { name: 'host', value: 'example.com' },
    { name: 'Content-Length', value: '11' },
    { name: 'connection', value: 'keep-alive' },
  ];
  expect(
    curlCommand({ method: 'POST', url: 'https://example.com/hook', headers, body: '{"a":"it\'s"}' }),
  ).toBe(
    [
      'curl -X POST https://example.com/hook \\',
      "  -H 'content-type: application/json' \\",
      "  -H 'user-agent: Tendril' \\",
      "  -H 'accept: */*' \\",
      `  --data-raw '{"a":"it'\\''s"}'`,
    ].join('\n'),
  );
});

const isCurlHere = spawnSync('curl', ['--version']).status === 0;

describe.skipIf(!isCurlHere)('a shell that runs the command sends the same request', () => {
  let server: Server;
  let origin = '';
  let received: { method: string; url: string; headers: IncomingHttpHeaders; body: string } | undefined;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        received = { method, url, headers, body: Buffer.concat(chunks).toString() };
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  async function run(shell: string, command: string): Promise<void> {
    received = undefined;
    const child = spawn(shell, [], { stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.end(command);
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(status).toBe(0);
  }

  test.each([
    ['plain JSON', '{"a":1}'],
    ['nothing', ''],
    ['single and double quotes', `it's "quoted" \\' '' '`],
    ['what a shell expands', '$HOME `id` $(id) !! * ~ \\n %s ; & | < >'],
    ['newlines of every kind', '\n\r\n a \n\n'],
    ['the name of a file', '@/etc/hostname'],
    ['characters beyond ASCII', 'Zoë 😀 \u2028 \u0001\u001b[31m'],
    ['a body larger than one argument may be', `@'${'x\n'.repeat(120_000)}`],
  ])('%s', async (_name, body) => {
    for (const shell of ['bash', 'sh']) {
      const headers = [
        { name: 'x-quote', value: `it's; "so" $HOME` },
        { name: 'x-empty', value: '' },
        { name: 'x-latin1', value: `Zoë's \xa0 100%d "\\n" $HOME \xff` },
        { name: 'content-type', value: 'text/plain' },
      ];
      const path = `/hook?a[0]={1,2}&b='c'&d=[1-3]`;
      await run(shell, curlCommand({ method: 'POST', url: origin + path, headers, body }));
      expect(received).toMatchObject({ method: 'POST', url: path });
      expect(received?.body === body).toBe(true);
      expect(received?.headers).toEqual({
        host: origin.slice('http://'.length),
        'content-length': String(Buffer.byteLength(body)),
        'content-type': 'text/plain',
        'x-quote': `it's; "so" $HOME`,
        'x-empty': '',
        'x-latin1': `Zoë's \xa0 100%d "\\n" $HOME \xff`,
      });
    }
  });
});
