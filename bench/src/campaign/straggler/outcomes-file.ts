/**
 * Outcomes as they come, a line each, so that a campaign of hours can be stopped and gone on with. They hold for one
 * detector, one simulator and one plan: the first line says which, and a file of others is refused.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import type { FaultOutcome } from "./run-fault.ts";
import type { HealthyOutcome } from "./run-healthy.ts";

export type Outcome =
  | { readonly job: number; readonly fault: FaultOutcome | undefined }
  | { readonly job: number; readonly healthy: HealthyOutcome };

export class OutcomesFile {
  readonly #path: string | undefined;
  readonly known: readonly Outcome[];

  /** Without a path nothing is kept. `of`: what the outcomes hold for. Throws where the file holds for something else. */
  constructor(path: string | undefined, of: Readonly<Record<string, string>>) {
    this.#path = path;
    const head = JSON.stringify(of);
    if (path === undefined || !existsSync(path)) {
      if (path !== undefined) writeFileSync(path, `${head}\n`);
      this.known = [];
      return;
    }
    const [first, ...lines] = readFileSync(path, "utf8").split("\n");
    if (first !== head) {
      throw new Error(
        `${path} is of another campaign\nfound:    ${first}\nexpected: ${head}\nremove it, or name another file`,
      );
    }
    // What follows the last line end was cut when the campaign was stopped.
    this.known = lines.slice(0, -1).map((line) => JSON.parse(line) as Outcome);
    writeFileSync(path, [head, ...lines.slice(0, -1), ""].join("\n"));
  }

  add(outcome: Outcome): void {
    if (this.#path !== undefined) appendFileSync(this.#path, `${JSON.stringify(outcome)}\n`);
  }
}
