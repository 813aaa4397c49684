/** Parquet, one group of rows after another: memory is that of a slice, whatever the file's size. */
import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from "hyparquet";
import { compressors } from "../../analyze/parquet-compressors.ts";
import { putText } from "./json-lines-source.ts";
import { wrong } from "./open-rows.ts";
import type { RowBlock } from "./row-block.ts";
import type { ReadRowsOptions, RowSource } from "./row-source.ts";

const SLICE_ROWS = 20_000;

/** Rejects with StartError where the file is damaged. */
export async function parquetSource(name: string, path: string, size: number): Promise<RowSource> {
  const file = await asyncBufferFromFile(path);
  const metadata = await told(name, () => parquetMetadataAsync(file));
  const columns = metadata.schema.filter((_, i) => isTop(metadata, i)).map((element) => element.name);
  return { format: "Parquet", columns, size, read: (options) => read({ name, size, file, metadata }, options) };
}

/** The schema is a tree in the order of its depth; the first element is its root. */
function isTop({ schema }: FileMetaData, at: number): boolean {
  let next = 1;
  while (next < at) next = behind(schema, next);
  return at > 0 && next === at;
}

function behind(schema: FileMetaData["schema"], at: number): number {
  let next = at + 1;
  for (let child = 0; child < (schema[at]?.num_children ?? 0); child++) next = behind(schema, next);
  return next;
}

type Opened = {
  readonly name: string;
  readonly size: number;
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
};

async function* read(
  { name, size, file, metadata }: Opened,
  { wanted, block, onBytes }: ReadRowsOptions,
): AsyncGenerator<RowBlock> {
  const total = Number(metadata.num_rows);
  let current = block();
  let row = 0;
  for (const { from, to } of slices(metadata)) {
    const options = { file, metadata, columns: [...wanted], compressors, rowStart: from, rowEnd: to };
    const objects = await told(name, () => parquetReadObjects(options));
    for (const object of objects) {
      row += 1;
      for (const [i, column] of wanted.entries()) putText(current, i, object[column]);
      current.endRow(row);
      if (!current.isFull) continue;
      yield current;
      current = block();
    }
    onBytes(Math.round((size * to) / Math.max(total, 1)));
  }
  if (current.rows > 0) yield current;
}

/** Never across groups: a slice reads each group that it touches. */
function* slices({ row_groups }: FileMetaData): Generator<{ from: number; to: number }> {
  let start = 0;
  for (const group of row_groups) {
    const end = start + Number(group.num_rows);
    for (let from = start; from < end; from += SLICE_ROWS) yield { from, to: Math.min(from + SLICE_ROWS, end) };
    start = end;
  }
}

async function told<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw wrong(name, `cannot be read as Parquet: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}
