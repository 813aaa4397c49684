/** Looks at the data folder before the engine does, whose own words for what is wrong with it are many and unclear. */
import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { StartFailure } from "./start-failure.ts";

/** Enough for the engine to write down that it is here. */
const NEEDED_BYTES = 1024 * 1024;

/** Makes the folder. Rejects with StartFailure where it cannot be written to, is full, or is in use. */
export async function prepareFolder(path: string): Promise<void> {
  const probe = join(path, `probe-${randomUUID()}`);
  try {
    await mkdir(path, { recursive: true });
    const file = await open(probe, "wx");
    try {
      await file.writeFile(Buffer.alloc(NEEDED_BYTES));
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new StartFailure(`${path}: ${reason(error)}`, { cause: error });
  } finally {
    // Where it cannot be removed it could not be made either, which is told above.
    await rm(probe, { force: true }).catch(() => undefined);
  }
  const holder = await holderOf(join(path, "db", "status"));
  if (holder !== undefined) {
    throw new StartFailure(`${path} is in use by process ${holder}: a store already runs on this data`);
  }
}

function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") return "the disk is full: free some space, or choose another data folder";
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return `cannot be written to (${code}): give this user the right to, or choose another data folder`;
  }
  return error instanceof Error ? error.message : String(error);
}

/** The process that holds the engine's lock. Where the system does not tell, the engine finds out by itself. */
async function holderOf(file: string): Promise<string | undefined> {
  let inode: number;
  let locks: string;
  try {
    inode = (await stat(file)).ino;
    locks = await readFile("/proc/locks", "utf8");
  } catch {
    // No such file yet, or no /proc: nobody to name.
    return undefined;
  }
  const line = locks.split("\n").find((lock) => / FLOCK /.test(lock) && lock.includes(`:${inode} `));
  return line?.trim().split(/\s+/)[4];
}
