import { readdir, readFile } from 'node:fs/promises';

// Linux tells CPU time in hundredths of a second, whatever the kernel's own tick: proc_pid_stat(5), USER_HZ.
const tickMs = 10;

/**
 * CPU time of a process and all its descendants so far, in milliseconds, those that have ended included where their parent
 * has taken note of it; undefined where there is no /proc.
 */
export async function treeCpuMs(pid: number): Promise<number | undefined> {
  const names = await readdir('/proc').catch(() => []);
  const read = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(readStat));
  const stats = read.filter((stat) => stat !== undefined);
  if (stats.length === 0) return undefined;
  const family = new Set([pid]);
  for (let before = 0; before !== family.size; ) {
    before = family.size;
    for (const stat of stats) if (family.has(stat.parent)) family.add(stat.pid);
  }
  return stats.reduce((sum, stat) => sum + (family.has(stat.pid) ? stat.ticks * tickMs : 0), 0);
}

async function readStat(pid: string): Promise<{ pid: number; parent: number; ticks: number } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The second field is the program's name in brackets and may hold spaces; the state (field 3) comes behind it.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [utime = 0, stime = 0, childUtime = 0, childStime = 0] = fields.slice(11, 15);
  return { pid: Number(pid), parent: fields[1] ?? 0, ticks: utime + stime + childUtime + childStime };
}
