import { pino } from 'pino';
import { expect, test } from 'vitest';
import { watchBacklog } from '../../src/deliveries/drain/watch-backlog.js';
import { fromTypeId } from '../../src/storage/typeid.js';

const subscription = 'wsub_01h455vb4pex5vsknk084sn02q';
const subscriptionId = fromTypeId('wsub', subscription) ?? '';

/** What is logged when sweeps find the oldest due for so long, at so many seconds; undefined: nothing waits. */
function logged(
  limitSeconds: number,
  sweeps: [atSeconds: number, oldestSeconds: number | undefined][],
): string[] {
  const lines: string[] = [];
  let now = 0;
  const write = (line: string) => {
    const { level, oldestDueSeconds, msg, ...rest } = JSON.parse(line);
    if (level === 40) expect(rest).toMatchObject({ subscription });
    lines.push(
      `${now}: ${level === 40 ? `${oldestDueSeconds} s ` : ''}${msg.split(' ').slice(1, 3).join(' ')}`,
    );
  };
  const note = watchBacklog(limitSeconds, pino({}, { write }));
  for (const [atSeconds, seconds] of sweeps) {
    now = atSeconds;
    note(seconds === undefined ? undefined : { subscriptionId, seconds }, 1e12 + atSeconds * 1000);
  }
  return lines;
}

test('a backlog that is older than the limit is warned of once a minute, until it is over', () => {
  const sweeps: [number, number | undefined][] = [
    [0, undefined],
    [2, -30],
    [4, 60],
    [6, 60.5],
    [8, 62.5],
    [65, 119],
    [66, 120],
    [125, 200],
    [126, 201.9],
    [128, 3],
    [130, 1],
    [132, 61],
    [134, undefined],
  ];
  expect(logged(60, sweeps)).toEqual([
    '6: 60 s is behind',
    '66: 120 s is behind',
    '126: 201 s is behind',
    '128: has caught',
    '132: 61 s is behind',
    '134: has caught',
  ]);
});

test('with a limit of 0 nothing is ever said', () => {
  expect(
    logged(0, [
      [0, 100_000],
      [100, undefined],
    ]),
  ).toEqual([]);
});
