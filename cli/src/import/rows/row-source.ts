/** A file of rows, whatever its format: its columns, and its rows as blocks of text. */
import type { RowBlock } from "./row-block.ts";

export type ReadRowsOptions = {
  /** Names of the file's columns to read, in the order of the block's. Each is one of `columns`. */
  readonly wanted: readonly string[];
  /** A new block for the next rows. */
  readonly block: () => RowBlock;
  /** Bytes of the file that have been read so far. */
  readonly onBytes: (bytes: number) => void;
};

export type RowSource = {
  readonly format: "CSV" | "JSON lines" | "Parquet";
  readonly columns: readonly string[];
  /** Bytes of the file as it lies there. */
  readonly size: number;
  /** Blocks in the order of the file, none empty. Rejects with StartError: file, line, found, expected. */
  readonly read: (options: ReadRowsOptions) => AsyncGenerator<RowBlock>;
};
