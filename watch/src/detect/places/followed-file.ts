/** A file that is read again when it changed. While its new content cannot be used, the last good one stands. */
import { stat } from "node:fs/promises";
import { readText } from "@lockstep/config/load";

const MAX_BYTES = 64 * 1024 * 1024;

export class FollowedFile<Content> {
  readonly path: string;
  readonly #read: (text: string, path: string) => Content;
  readonly #say: (problem: string) => void;
  #seen = "";
  #content: Content | undefined;
  #problem: string | undefined;

  /** `read` throws an Error whose message names the file, the place and what is expected. `say` gets each problem once. */
  constructor(path: string, read: (text: string, path: string) => Content, say: (problem: string) => void) {
    this.path = path;
    this.#read = read;
    this.#say = say;
  }

  /** What is wrong with it now. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Undefined where there was no good content yet. Never rejects for what the file is like. */
  async content(): Promise<Content | undefined> {
    const state = await stateOf(this.path);
    if (state !== this.#seen) {
      await this.#readAgain();
      this.#seen = state;
    }
    return this.#content;
  }

  async #readAgain(): Promise<void> {
    const text = await readText(this.path, MAX_BYTES);
    try {
      if (!text.ok) throw new Error(`${this.path}: ${text.message}`);
      this.#content = this.#read(text.text, this.path);
      this.#problem = undefined;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const stands = this.#content === undefined ? "" : "; what it said before is used meanwhile";
      if (message + stands !== this.#problem) this.#say(message + stands);
      this.#problem = message + stands;
    }
  }
}

async function stateOf(path: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(path);
    return `${mtimeMs} ${size} ${ino}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "unreadable";
  }
}
