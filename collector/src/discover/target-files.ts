/** The groups in the files of one scrape config's file_sd_configs, as they come, change and go. */
import { stat } from "node:fs/promises";
import type { FileSdConfig, NameScheme, TargetGroup } from "@lockstep/config/config";
import { expandPath, readText } from "@lockstep/config/load";
import { parseTargetFile } from "./target-file.ts";

const MAX_FILE_BYTES = 64 * 1024 * 1024;
const MAX_FILES = 10_000;

type Known = { signature: string; groups: readonly TargetGroup[]; problem: FileProblem | undefined };
export type FileProblem = { readonly source: string; readonly message: string };

export class TargetFiles {
  readonly #configs: readonly FileSdConfig[];
  readonly #scheme: NameScheme;
  readonly #known = new Map<string, Known>();
  #listProblems: FileProblem[] = [];

  constructor(configs: readonly FileSdConfig[], scheme: NameScheme) {
    this.#configs = configs;
    this.#scheme = scheme;
  }

  groups(): TargetGroup[] {
    return [...this.#known].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, { groups }]) => groups);
  }

  problems(): FileProblem[] {
    return [...this.#listProblems, ...[...this.#known.values()].flatMap(({ problem }) => problem ?? [])];
  }

  /**
   * Reads what is new or changed on disk, or with `again` everything; true if groups or problems may differ from before.
   * A file that cannot be read or is broken keeps its last good groups; those of a file that is gone go.
   */
  async refresh(again: boolean): Promise<boolean> {
    const before = JSON.stringify(this.#listProblems);
    const { files, complete } = await this.#list();
    let changed = before !== JSON.stringify(this.#listProblems);
    for (const file of files) {
      changed = (await this.#read(file, again)) || changed;
    }
    for (const file of complete ? [...this.#known.keys()] : []) {
      if (!files.has(file)) {
        this.#known.delete(file);
        changed = true;
      }
    }
    return changed;
  }

  /** The files there are now; not complete where a folder could not be listed. */
  async #list(): Promise<{ files: Set<string>; complete: boolean }> {
    const files = new Set<string>();
    const problems: FileProblem[] = [];
    let complete = true;
    for (const pattern of this.#configs.flatMap((config) => config.files)) {
      let found = 0;
      try {
        for (const file of await expandPath(pattern)) {
          if ((await isThere(file)) && files.size < MAX_FILES) {
            files.add(file);
            found += 1;
          }
        }
      } catch (error) {
        complete = false;
        problems.push({ source: pattern, message: `${pattern}: cannot be listed: ${(error as Error).message}` });
        continue;
      }
      if (found === 0) {
        problems.push({ source: pattern, message: `${pattern}: no such file yet; its targets come when it does` });
      }
    }
    this.#listProblems = problems;
    return { files, complete };
  }

  async #read(file: string, again: boolean): Promise<boolean> {
    const known = this.#known.get(file);
    const signature = await signatureOf(file);
    if (known !== undefined && known.signature === signature && !again) {
      return false;
    }
    const text = await readText(file, MAX_FILE_BYTES);
    const parsed = text.ok ? parseTargetFile(text.text, file, this.#scheme) : text;
    if ("groups" in parsed) {
      this.#known.set(file, { signature, groups: parsed.groups, problem: undefined });
    } else {
      const reason = text.ok ? parsed.message : `${file}: ${parsed.message}`;
      const kept = known !== undefined && known.groups.length > 0 ? "; its last good targets are kept" : "";
      const problem = { source: file, message: `${reason}${kept}` };
      this.#known.set(file, { signature, groups: known?.groups ?? [], problem });
    }
    return true;
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    return !(await stat(file)).isDirectory();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Anything but its absence is for the reader to report.
    return code !== "ENOENT" && code !== "ENOTDIR";
  }
}

/** Changes whenever the file is written or replaced. Taken before reading, so that a later write shows. */
async function signatureOf(file: string): Promise<string> {
  try {
    const { mtimeNs, size, ino, dev } = await stat(file, { bigint: true });
    return `${mtimeNs}/${size}/${dev}/${ino}`;
  } catch (error) {
    return `unreadable: ${(error as NodeJS.ErrnoException).code}`;
  }
}
