/** What a command of `lockstep` is. */
import type { StartSurroundings } from "./start/start.ts";

export type Command = {
  readonly usage: string;
  readonly about: string;
  /** Resolves with the exit code. */
  readonly run: (args: readonly string[], surroundings: StartSurroundings) => Promise<number>;
};
