/** What the processes of a tree cost, read from /proc. */
import { readdirSync, readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100; // USER_HZ, fixed on Linux

type Stat = { pid: number; parent: number; name: string; cpuSeconds: number; rssBytes: number };

function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name stands in brackets and may hold anything, so count from the last one.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const name = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, 3).join(" ");
    const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    return { pid, parent: Number(fields[1]), name, cpuSeconds, rssBytes: Number(fields[21]) * 4096 };
  } catch {
    return undefined; // ended between listing and reading
  }
}

/** The process and all below it. */
export function tree(root: number): Stat[] {
  const all = readdirSync("/proc")
    .filter((entry) => /^[0-9]+$/.test(entry))
    .map((entry) => statOf(Number(entry)))
    .filter((stat) => stat !== undefined);
  const below = (pid: number): Stat[] =>
    all.filter(({ parent }) => parent === pid).flatMap((stat) => [stat, ...below(stat.pid)]);
  return [...all.filter(({ pid }) => pid === root), ...below(root)];
}

export type Cost = { cpuSeconds: number; byProcess: Map<string, number>; rssBytes: number };

/** CPU spent between two readings of a tree, by process. A process that ended in between counts with what it had. */
export function spent(before: readonly Stat[], after: readonly Stat[]): Cost {
  const was = new Map(before.map(({ pid, cpuSeconds }) => [pid, cpuSeconds]));
  const byProcess = new Map<string, number>();
  for (const { pid, name, cpuSeconds } of after) {
    byProcess.set(`${name} (${pid})`, cpuSeconds - (was.get(pid) ?? 0));
  }
  const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
  return { cpuSeconds: sum(byProcess.values()), byProcess, rssBytes: sum(after.map(({ rssBytes }) => rssBytes)) };
}
