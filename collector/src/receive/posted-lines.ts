/**
 * Collective lines that are posted. They are checked, appended to files of our own and only then acknowledged; the files are
 * followed like those of anybody else, so what is read of them survives a kill.
 */
import { createHash } from "node:crypto";
import { appendFile, mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseCollectiveLine } from "@lockstep/formats/collective-lines/parse-line";

export type PostedLinesOptions = {
  readonly folder: string;
  /** Bytes of the folder's files that have not been read yet. */
  readonly behindBytes: () => number;
  readonly now: () => number;
};

export type PostResult =
  | { readonly status: 202; readonly accepted: number; readonly repeated: boolean }
  | { readonly status: 400 | 503; readonly message: string; readonly line?: number };

/** How long a post that comes again is known. */
const REPEAT_MS = 3_600_000;
const MAX_REMEMBERED = 100_000;
const FILE_BYTES = 32 * 2 ** 20;
/** Posts are refused while so much waits: the log takes nothing. */
const MAX_BEHIND_BYTES = 256 * 2 ** 20;

type File = { readonly name: string; bytes: number };

export class PostedLines {
  readonly #options: PostedLinesOptions;
  /** When each post was taken, by its key. */
  readonly #taken = new Map<string, number>();
  #files: File[] | undefined;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(options: PostedLinesOptions) {
    this.#options = options;
  }

  /** The pattern under which the files are followed. */
  get files(): string {
    return join(this.#options.folder, "*.jsonl");
  }

  /** All lines or none. `key`: what the sender named the post by, else its content. */
  async take(body: Buffer, key?: string): Promise<PostResult> {
    const lines = body
      .toString("utf8")
      .split("\n")
      .map((line) => line.trim());
    for (const [index, line] of lines.entries()) {
      if (line === "") continue;
      const parsed = parseCollectiveLine(line);
      if ("field" in parsed) {
        const { field, found, expected } = parsed;
        return { status: 400, message: `${field}: found ${found}, expected ${expected}`, line: index + 1 };
      }
    }
    const kept = lines.filter((line) => line !== "");
    const id = key ?? createHash("sha256").update(body).digest("base64");
    if (this.#isRepeat(id)) return { status: 202, accepted: kept.length, repeated: true };
    if (this.#options.behindBytes() > MAX_BEHIND_BYTES) {
      return { status: 503, message: "the log takes no more at the moment; send it again later" };
    }
    await this.#write(kept);
    this.#remember(id);
    return { status: 202, accepted: kept.length, repeated: false };
  }

  #isRepeat(id: string): boolean {
    const at = this.#taken.get(id);
    return at !== undefined && this.#options.now() - at < REPEAT_MS;
  }

  #remember(id: string): void {
    this.#taken.delete(id);
    this.#taken.set(id, this.#options.now());
    if (this.#taken.size > MAX_REMEMBERED) this.#taken.delete(this.#taken.keys().next().value!);
  }

  /** One after another, so that no two posts mix. */
  #write(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return Promise.resolve();
    const written = this.#writing.then(async () => {
      const text = `${lines.join("\n")}\n`;
      const file = await this.#fileFor();
      await appendFile(join(this.#options.folder, file.name), text);
      file.bytes += Buffer.byteLength(text);
    });
    // The next post begins whatever became of this one.
    this.#writing = written.catch(() => {});
    return written;
  }

  async #fileFor(): Promise<File> {
    this.#files ??= await this.#found();
    const last = this.#files.at(-1);
    if (last !== undefined && last.bytes < FILE_BYTES) return last;
    const next: File = { name: `posted-${String(numberOf(last) + 1).padStart(9, "0")}.jsonl`, bytes: 0 };
    this.#files.push(next);
    await this.#removeRead();
    return next;
  }

  async #found(): Promise<File[]> {
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true });
    const names = (await readdir(folder)).filter((name) => /^posted-\d+\.jsonl$/.test(name)).sort();
    return Promise.all(names.map(async (name) => ({ name, bytes: (await stat(join(folder, name))).size })));
  }

  /** Files are read in their order, so what waits lies in the newest. */
  async #removeRead(): Promise<void> {
    const files = this.#files ?? [];
    const behind = this.#options.behindBytes();
    let newer = files.reduce((sum, { bytes }) => sum + bytes, 0);
    while (files.length > 2) {
      newer -= files[0]!.bytes;
      if (newer < behind + FILE_BYTES) return;
      await rm(join(this.#options.folder, files.shift()!.name), { force: true });
    }
  }
}

function numberOf(file: File | undefined): number {
  return Number(/\d+/.exec(file?.name ?? "")?.[0] ?? 0);
}
