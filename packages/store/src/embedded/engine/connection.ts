/**
 * chdb's native addon, one function a call. Its own JavaScript wrapper is passed by: it defers every close while any
 * operation of the process runs, and a thousand closes waiting behind one slow query hold 230 MB that never come back.
 * Here a connection is closed as soon as its own operations are over.
 */
import { createRequire } from "node:module";
import { ClickHouseException, exceptionFrom } from "../sql/exception.ts";

type Handle = { readonly __native: unique symbol };
type RawResult = { bytes: Uint8Array; elapsed: number; rowsRead: number; bytesRead: number };
type RawChunk = { done: boolean; bytes: Uint8Array; numRows: number };

type Addon = {
  CreateConnection(path: string, args?: readonly string[]): Handle | undefined;
  CloseConnection(connection: Handle): void;
  QueryAsyncConnection(connection: Handle, sql: string, format: string): Promise<RawResult>;
  StreamQuery(connection: Handle, sql: string, format: string): Handle;
  StreamFetch(stream: Handle): Promise<RawChunk>;
  StreamCancel(stream: Handle): void;
};

let loaded: Addon | undefined;

function addon(): Addon {
  if (loaded === undefined) {
    const toChdb = createRequire(createRequire(import.meta.url).resolve("chdb/package.json"));
    loaded = (toChdb("./dist/loader.js") as { loadNative(): Addon }).loadNative();
  }
  return loaded;
}

export type QueryResult = {
  readonly bytes: Uint8Array;
  /** Rows of a result; of an INSERT the rows written. */
  readonly rows: number;
  /** Bytes of those rows in ClickHouse's memory. */
  readonly rowBytes: number;
};

/** One connection: statements run one after another, settings and parameters last until it is closed. */
export class Connection {
  readonly #handle: Handle;
  #open = true;

  /** `args` are command-line arguments of the server; only those of the first connection of the process count. */
  constructor(path: string, args?: readonly string[]) {
    const handle = args === undefined ? addon().CreateConnection(path) : addon().CreateConnection(path, args);
    if (handle === undefined) throw new Error(`chdb gave no connection to ${path}`);
    this.#handle = handle;
  }

  /** Rejects with ClickHouseException. */
  async query(sql: string, format: string): Promise<QueryResult> {
    try {
      const { bytes, rowsRead, bytesRead } = await addon().QueryAsyncConnection(this.#handle, sql, format);
      return { bytes, rows: rowsRead, rowBytes: bytesRead };
    } catch (error) {
      throw exceptionFrom(error);
    }
  }

  /** The result in chunks of whole rows, each in `format`. Leaving early cancels it. Throws ClickHouseException. */
  async *stream(sql: string, format: string): AsyncGenerator<Uint8Array> {
    let stream: Handle | undefined;
    try {
      stream = addon().StreamQuery(this.#handle, sql, format);
      for (;;) {
        const chunk = await addon().StreamFetch(stream);
        if (chunk.done) break;
        if (chunk.bytes.length > 0) yield chunk.bytes;
      }
      stream = undefined;
    } catch (error) {
      // A stream that failed is released by the engine itself.
      stream = undefined;
      throw error instanceof ClickHouseException ? error : exceptionFrom(error);
    } finally {
      if (stream !== undefined) addon().StreamCancel(stream);
    }
  }

  /** Only when no query of this connection runs: closing under one takes the whole engine down. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    addon().CloseConnection(this.#handle);
  }
}
