/** Which processes of the machine belong to a system, as Linux tells it under /proc. */
import { readdirSync, readFileSync } from "node:fs";

export type ProcessInfo = { readonly pid: number; readonly parent: number; readonly command: string };

/** Every process that could be read; one that ends meanwhile is left out. */
export function allProcesses(): ProcessInfo[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        // "pid (command) state parent ...": the command may hold anything, so the fields are counted from its end.
        const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
        const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        // A zombie has no command line any more: it has ended.
        return command === "" ? [] : [{ pid: Number(name), parent, command }];
      } catch {
        return []; // Ended between the listing and the reading.
      }
    });
}

export function childrenOf(pid: number): ProcessInfo[] {
  return allProcesses().filter(({ parent }) => parent === pid);
}

export function isAlive(pid: number): boolean {
  return allProcesses().some((each) => each.pid === pid);
}
