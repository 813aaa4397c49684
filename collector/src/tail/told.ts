/** Says each thing once for each file: a log full of the same line hides the others. */
import type { Logger } from "@lockstep/process/process";

const MAX_ABOUT = 20_000;
const MAX_KINDS = 20;
/** Of so many files the same is said; then it is a matter of all of them. */
const MAX_OF_A_KIND = 50;

export class Told {
  readonly #log: Pick<Logger, "info" | "warn">;
  readonly #kinds = new Map<string, Set<string>>();
  readonly #said = new Map<string, number>();

  constructor(log: Pick<Logger, "info" | "warn">) {
    this.#log = log;
  }

  warn(about: string, kind: string, message: string): void {
    if (!this.#first(about, kind)) return;
    const said = (this.#said.get(kind) ?? 0) + 1;
    this.#said.set(kind, said);
    if (said <= MAX_OF_A_KIND) this.#log.warn(message);
    if (said === MAX_OF_A_KIND) this.#log.warn(`the same of further files is counted and not told (${kind})`);
  }

  info(about: string, kind: string, message: string): void {
    if (this.#first(about, kind)) this.#log.info(message);
  }

  forget(about: string): void {
    this.#kinds.delete(about);
  }

  #first(about: string, kind: string): boolean {
    const kinds = this.#kinds.get(about) ?? new Set();
    if (this.#said.size > MAX_ABOUT) this.#said.clear();
    if (kinds.has(kind) || kinds.size >= MAX_KINDS || (this.#kinds.size >= MAX_ABOUT && kinds.size === 0)) return false;
    this.#kinds.set(about, kinds.add(kind));
    return true;
  }
}
