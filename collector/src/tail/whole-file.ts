/** A file that is written at once, or over and over in place: read whole when it has not changed between two looks. */
import { readFile } from "node:fs/promises";
import type { FollowedFile, Look, TurnTools } from "./followed-file.ts";
import type { Source, WholeReader } from "./line-reader.ts";
import type { StoredFile } from "./tail-state.ts";

type WholeSource = Extract<Source, { follows: "whole" }>;

/** Looks that find a file cut before a person is told: by then nobody is writing it any more. */
const LOOKS_BEFORE_TOLD = 30;

export class WholeFile implements FollowedFile {
  readonly id: string;
  readonly resumes = true;
  readonly source: WholeSource;
  path: string;
  #signature = "";
  #size = 0;
  #quiet = 0;
  #taken: string | undefined;
  /** Tried in vain: not again before it changes. */
  #cut: { readonly signature: string; readonly reason: string } | undefined;
  #reader: WholeReader | undefined;

  constructor(place: { id: string; path: string; source: WholeSource }, stored: StoredFile | undefined) {
    this.id = place.id;
    this.path = place.path;
    this.source = place.source;
    this.#taken = stored?.signature;
  }

  get behind(): number {
    return this.#taken === this.#signature ? 0 : this.#size;
  }

  get pending(): boolean {
    const tried = this.#taken === this.#signature || this.#cut?.signature === this.#signature;
    return this.#quiet > 0 && this.#size > 0 && !tried;
  }

  noticed({ size, signature }: Look): void {
    this.#quiet = signature === this.#signature ? this.#quiet + 1 : 0;
    this.#size = size;
    this.#signature = signature;
  }

  async turn(tools: TurnTools): Promise<number> {
    const { maxBytes, counts } = this.source;
    const signature = this.#signature;
    if (this.#size > maxBytes) {
      this.#taken = signature;
      const found = `found ${this.#size} bytes, expected at most ${maxBytes}`;
      tools.tell(this, "too large", `${this.path}: ${found}; it is not read. Is it such a file?`);
      return 0;
    }
    const bytes = await readFile(this.path);
    counts.bytes += bytes.length;
    this.#reader ??= this.source.open(this.path);
    const changedAtMs = Number(BigInt(signature.split("/")[1]!) / 1_000_000n);
    // Another size than at the look: it is being written right now, and the next look sees that too.
    const reason = bytes.length === this.#size ? this.#reader.take(bytes, changedAtMs) : "it changes while it is read";
    if (reason === undefined) this.#taken = signature;
    else this.#cut = { signature, reason };
    return bytes.length;
  }

  async finish(): Promise<void> {
    this.#reader = undefined;
  }

  /** What is wrong with it, once it is clear that nobody goes on writing it. */
  get fault(): string | undefined {
    return this.#cut?.signature === this.#signature && this.#quiet >= LOOKS_BEFORE_TOLD ? this.#cut.reason : undefined;
  }

  idle(): void {}

  stored(): StoredFile {
    const signature = this.#taken === undefined ? {} : { signature: this.#taken };
    return { path: this.path, offset: 0, seam: "", ...signature };
  }
}
