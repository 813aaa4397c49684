/** Outcomes as they come, a line each, so that a campaign that was stopped goes on where it was. The first line says of what scale. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Outcome, Scale } from "./parts.ts";

export class KeptParts {
  readonly #path: string | undefined;
  readonly known: readonly Outcome[];

  /**
   * Without a path nothing is kept.
   * @throws Error where the file is of another scale.
   */
  constructor(path: string | undefined, scale: Scale) {
    this.#path = path;
    this.known = path === undefined ? [] : this.#read(path, JSON.stringify({ campaign: "drift", ...scale }));
  }

  #read(path: string, head: string): Outcome[] {
    if (!existsSync(path)) {
      writeFileSync(path, `${head}\n`);
      return [];
    }
    const [first, ...lines] = readFileSync(path, "utf8").split("\n");
    if (first !== head) {
      throw new Error(
        `${path} is of another campaign\nfound:    ${first}\nexpected: ${head}\nremove it, or name another file`,
      );
    }
    // What follows the last line end was cut when the campaign was stopped.
    const whole = lines.slice(0, -1);
    writeFileSync(path, [head, ...whole, ""].join("\n"));
    return whole.map((line) => JSON.parse(line) as Outcome);
  }

  add(outcome: Outcome): void {
    if (this.#path !== undefined) appendFileSync(this.#path, `${JSON.stringify(outcome)}\n`);
  }
}
