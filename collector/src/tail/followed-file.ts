/** What the poll loop knows of a file, however it is read. */
import type { BigIntStats } from "node:fs";
import type { Source } from "./line-reader.ts";
import type { OpenFiles } from "./open-files.ts";
import type { StoredFile } from "./tail-state.ts";

/** What a look at the disk tells. */
export type Look = { readonly size: number; readonly signature: string };

export function lookOf({ size, mtimeNs }: BigIntStats): Look {
  return { size: Number(size), signature: `${size}/${mtimeNs}` };
}

/** What a file needs to read its turn. */
export type TurnTools = {
  readonly opened: OpenFiles;
  /** Shared by all files: what is in it is valid until the next turn. */
  readonly buffer: Buffer;
  /** Something worth a word to a person, once for each kind of it and file. */
  tell(file: FollowedFile, kind: string, message: string): void;
};

export interface FollowedFile {
  readonly id: string;
  readonly source: Source;
  path: string;
  /** Whether it has a position to come back to. */
  readonly resumes: boolean;
  /** Bytes there and not read yet, as far as known. */
  readonly behind: number;
  /** Whether a turn would read something. */
  readonly pending: boolean;
  noticed(look: Look): void;
  /** Reads up to a turn's worth; how many bytes. Rejects with the system's error. */
  turn(tools: TurnTools): Promise<number>;
  /** Nothing came for long. */
  idle(): void;
  /** It is gone, or nobody will follow it any more. */
  finish(tools: TurnTools): Promise<void>;
  stored(): StoredFile;
}
