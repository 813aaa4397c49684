/** What a child prints, kept on disk within bounds: NAME.log, and the two before it as NAME.log.1 and NAME.log.2. */
import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";
import { systemCode } from "./start-error.ts";

const KEPT_BEFORE = 2;

export class LogFile {
  readonly path: string;
  readonly #limitBytes: number;
  #fd: number;
  #size: number;
  /** Lines that a full disk or another I/O error has swallowed since the last one that was written. */
  #lost = 0;
  #closed = false;

  constructor(path: string, limitBytes = 10 * 1024 * 1024) {
    this.path = path;
    this.#limitBytes = limitBytes;
    this.#fd = openSync(path, "a", 0o600);
    this.#size = fstatSync(this.#fd).size;
  }

  write(line: string): void {
    if (this.#closed) return;
    const note = this.#lost > 0 ? `[${this.#lost} lines lost: the disk took no more]\n` : "";
    const bytes = Buffer.from(`${note}${line}\n`);
    try {
      if (this.#size > 0 && this.#size + bytes.length > this.#limitBytes) this.#rotate();
      this.#size += writeSync(this.#fd, bytes);
      this.#lost = 0;
    } catch {
      // The log of a system must not end the system; what is missing is said as soon as there is room again.
      this.#lost += 1;
    }
  }

  /** Lines that come after this are dropped. */
  close(): void {
    this.#closed = true;
    closeSync(this.#fd);
  }

  #rotate(): void {
    for (let index = KEPT_BEFORE; index > 0; index--) {
      try {
        renameSync(index === 1 ? this.path : `${this.path}.${index - 1}`, `${this.path}.${index}`);
      } catch (error) {
        if (systemCode(error) !== "ENOENT") throw error;
      }
    }
    closeSync(this.#fd);
    this.#fd = openSync(this.path, "a", 0o600);
    this.#size = 0;
  }
}
