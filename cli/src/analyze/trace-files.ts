/** The files that were named on a command line, and those below the folders that were. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { StartError } from "../start/start-error.ts";

const MAX_FILES = 200_000;
/** Of one file, unpacked. */
const MAX_BYTES = 2 ** 31 - 1;

export type TraceFile = {
  /** As it is told to people. */
  readonly name: string;
  readonly path: string;
  /** Name of the folder it lies in. */
  readonly folder: string;
};

/** In the order of their names. Throws StartError where one cannot be found, or there are too many. */
export function traceFiles(paths: readonly string[], cwd: string): TraceFile[] {
  const files = paths.flatMap((path) => filesAt(resolve(cwd, path)));
  if (files.length > MAX_FILES) throw new StartError(`found ${files.length} files, expected at most ${MAX_FILES}`);
  return files
    .sort()
    .map((path) => ({ name: relative(cwd, path) || path, path, folder: basename(resolve(path, "..")) }));
}

function filesAt(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    throw new StartError(`${path}: ${messageOf(error)}`, { cause: error, exitCode: 2 });
  }
}

/** The content, unpacked where the name ends in .gz. Throws an Error that says what is wrong with the file. */
export function contentOf({ path }: TraceFile): Buffer {
  const bytes = readFileSync(path);
  return path.endsWith(".gz") ? gunzipSync(bytes, { maxOutputLength: MAX_BYTES }) : bytes;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
