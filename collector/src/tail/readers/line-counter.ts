/** Counts what a format's reader makes of its lines. */
import { type LineProblem, problemText } from "@lockstep/formats/collective-lines/line-problem";
import type { SourceCounts } from "../line-reader.ts";

export class LineCounter {
  readonly counts: SourceCounts;
  readonly #path: string;
  readonly #tell: (message: string) => void;

  /** `tell`: a person, of the first bad line of the file. */
  constructor(counts: SourceCounts, path: string, tell: (path: string, message: string) => void) {
    this.counts = counts;
    this.#path = path;
    this.#tell = (message) => tell(path, message);
  }

  readonly problem = (problem: LineProblem): void => {
    this.counts.badLines += 1;
    this.counts.lastBad = `${this.#path}: ${problemText(problem)}`;
    this.#tell(this.counts.lastBad);
  };
}
