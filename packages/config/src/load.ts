/** The only file of this package that reads the disk. */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { globPattern, isGlob } from "./glob.ts";
import { joinDirectory } from "./http-client.ts";
import {
  type IncludedFile,
  type MainFile,
  type ParseResult,
  type ResolveOptions,
  readIncluded,
  readMain,
  resolveConfig,
} from "./parse.ts";
import { type ConfigProblem, childPath } from "./problem.ts";
import { present } from "./report.ts";
import { problemOf } from "./yaml-file.ts";

/** A configuration this large is a mistake, or made to hurt. */
export const MAX_CONFIG_BYTES = 32 * 1024 * 1024;
const MAX_INCLUDED_FILES = 10_000;

/** Reads a prometheus.yml and the files of its scrape_config_files. Never rejects for what the files are like. */
export async function loadConfig(path: string, options: ResolveOptions = {}): Promise<ParseResult> {
  const text = await readText(path);
  if (!text.ok) {
    return { ok: false, errors: [fileProblem(path, text.message)] };
  }
  const main = readMain(text.text, path);
  return resolveConfig(main, await readAllIncluded(main), options);
}

export type TextResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly message: string };

/** A file's text, bounded by `maxBytes`; the message says why there is none. */
export async function readText(path: string, maxBytes = MAX_CONFIG_BYTES): Promise<TextResult> {
  try {
    const { size } = await stat(path);
    if (size > maxBytes) {
      return { ok: false, message: `file too large; found ${size} bytes, expected at most ${maxBytes}` };
    }
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path)) };
  } catch (error) {
    return { ok: false, message: reasonOf(error as NodeJS.ErrnoException) };
  }
}

function reasonOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "ENOENT":
      return "no such file";
    case "EISDIR":
      return "this is a folder; expected a file";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "ERR_ENCODING_INVALID_ENCODED_DATA":
      return "not a text in UTF-8";
    default:
      return `cannot be read: ${error.message}`;
  }
}

/** The files a path stands for, sorted: itself, or with `*` in its last part those of its folder that match. */
export async function expandPath(path: string): Promise<string[]> {
  const directory = dirname(path);
  const name = basename(path);
  if (!isGlob(name)) {
    return [path];
  }
  const pattern = globPattern(name);
  try {
    const names = await readdir(directory);
    return names
      .filter((entry) => pattern.test(entry))
      .sort()
      .map((entry) => join(directory, entry));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") {
      return [];
    }
    throw error;
  }
}

async function readAllIncluded(main: MainFile): Promise<IncludedFile[]> {
  const directory = dirname(main.yaml.file);
  const included: IncludedFile[] = [];
  for (const [index, pattern] of present(main.raw?.scrape_config_files)) {
    const place = childPath("scrape_config_files", index);
    const report = (message: string) => main.yaml.errors.push(problemOf(main.yaml, place, message));
    if (!/^[^*]*(?:\*[^/]*)?$/.test(pattern)) {
      report("bad file name: * is for its last part only");
      continue;
    }
    const files = await expandPath(joinDirectory(directory, pattern)).catch((error: Error) => {
      report(reasonOf(error));
      return [];
    });
    for (const file of files.slice(0, MAX_INCLUDED_FILES)) {
      const text = await readText(file);
      if (text.ok) {
        included.push(readIncluded(text.text, file));
      } else {
        report(`${file}: ${text.message}`);
      }
    }
  }
  return included;
}

function fileProblem(file: string, message: string): ConfigProblem {
  return { file, line: 1, column: 1, path: "", message };
}
