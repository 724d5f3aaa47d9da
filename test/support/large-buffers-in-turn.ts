// Takes and drops large buffers, with something small behind each that stays, and writes how many bytes the process has grown by.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { newBuffer } from '../../src/large-buffer.js';

const [largeBytes, smallBytes, count] = [64 * 1024, 1_000, 1_000];

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as NodeJS.GCFunction;

function takeInTurn(): Buffer[] {
  const large: Buffer[] = [];
  const small: Buffer[] = [];
  for (let n = 0; n < count; n++) {
    large.push(newBuffer(largeBytes).fill(1));
    small.push(Buffer.allocUnsafeSlow(smallBytes).fill(1));
  }
  return small;
}

function residentBytes(): number {
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  return process.memoryUsage.rss();
}

const before = residentBytes();
const kept = takeInTurn();
console.log(residentBytes() - before - kept.length * smallBytes);
