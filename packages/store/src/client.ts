/** The only door to ClickHouse: reads checked row by row, inserts under a token, bounds on both. */
import { readFileSync } from "node:fs";
import { type ClickHouseClient, ClickHouseLogLevel, type ClickHouseSettings, createClient } from "@clickhouse/client";
import type { ProcessEnv } from "@lockstep/schemas/process/env";
import type { Query, QueryParams } from "@lockstep/schemas/queries/query";
import { createNativePost, quotedTable } from "./native-post.ts";
import { StoreError, storeErrorOf } from "./store-error.ts";

export { StoreError, type StoreErrorCode } from "./store-error.ts";

export type StoreOptions = {
  /** http(s)://host:port */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly database: string;
};

export type ReadOptions = {
  readonly signal?: AbortSignal;
  /** How long ClickHouse may work on it; default 30. */
  readonly timeoutSeconds?: number;
};

/** Every method rejects with a StoreError, except that an aborted `signal` rejects with its own reason. */
export type Store = {
  /** Rows in the query's order, each through its schema. */
  read<Row>(query: Query<Row>, options?: ReadOptions): Promise<Row[]>;
  /** The answer in RowBinary (see row-binary.ts), for what must keep its bits. At most 256 MB. */
  readBinary(query: Omit<Query<never>, "row">, options?: ReadOptions): Promise<Buffer>;
  /**
   * Native blocks, posted as one insert. The same token with the same bytes counts once within the table's
   * deduplication window. An empty body does nothing.
   */
  insertNative(table: string, body: Uint8Array | readonly Uint8Array[], options: { token: string }): Promise<void>;
  /** One object a row, by column name; columns left out take their defaults. A DateTime64(3) is given as milliseconds since 1970, whole. */
  insertRows(table: string, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void>;
  /** A statement without an answer. */
  command(sql: string, params?: QueryParams): Promise<void>;
  /** Resolves when ClickHouse answers and accepts the password. */
  ping(): Promise<void>;
  close(): Promise<void>;
};

const READ_SECONDS = 30;
const COMMAND_SECONDS = 300;
/** What the network and the client may add to ClickHouse's own time. */
const GRACE_MS = 5_000;
const MAX_READ_ROWS = 1_000_000;
const MAX_READ_BYTES = 268_435_456;
const MAX_QUERY_MEMORY_BYTES = 400_000_000;

export function storeOptionsFromEnv(env: ProcessEnv): StoreOptions {
  const file = env.LOCKSTEP_CLICKHOUSE_PASSWORD_FILE;
  return {
    url: env.LOCKSTEP_CLICKHOUSE_URL,
    username: env.LOCKSTEP_CLICKHOUSE_USER,
    password: file === undefined ? "" : passwordFrom(file),
    database: env.LOCKSTEP_CLICKHOUSE_DATABASE,
  };
}

export function passwordFrom(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StoreError("auth", `LOCKSTEP_CLICKHOUSE_PASSWORD_FILE: ${why}; name a file that holds the password`, {
      cause: error,
    });
  }
}

export function createStore(options: StoreOptions): Store {
  const { url, username, password, database } = options;
  const client = createClient({
    url,
    username,
    password,
    database,
    request_timeout: COMMAND_SECONDS * 1000 + GRACE_MS,
    // What goes wrong is told by StoreError; the client would say it a second time on the console.
    log: { level: ClickHouseLogLevel.OFF },
  });
  const native = createNativePost(options);
  return {
    read: (query, readOptions) => read(client, query, readOptions),
    readBinary: (query, readOptions) => readBinary(client, query, readOptions),
    async insertNative(table, body, { token }) {
      const parts = body instanceof Uint8Array ? [body] : body;
      if (parts.some((part) => part.length > 0)) await native.post(table, parts, token);
    },
    async insertRows(table, rows) {
      if (rows.length === 0) return;
      try {
        await client.insert({
          table: quotedTable(table),
          values: rows,
          format: "JSONEachRow",
          clickhouse_settings: {
            date_time_input_format: "best_effort",
            // A misspelt column is told, not dropped.
            input_format_skip_unknown_fields: 0,
            async_insert: 0,
          },
        });
      } catch (error) {
        throw storeErrorOf(error, `insert into ${table}`, true);
      }
    },
    async command(sql, params) {
      try {
        await client.command({
          query: sql,
          ...(params === undefined ? {} : { query_params: params }),
          clickhouse_settings: { max_execution_time: COMMAND_SECONDS, wait_end_of_query: 1 },
        });
      } catch (error) {
        throw storeErrorOf(error, firstWords(sql), false);
      }
    },
    async ping() {
      const result = await client.ping({ select: true });
      if (!result.success) throw storeErrorOf(result.error, "ping", false);
    },
    async close() {
      native.close();
      await client.close();
    },
  };
}

async function read<Row>(client: ClickHouseClient, query: Query<Row>, options: ReadOptions = {}): Promise<Row[]> {
  const rows = await withDeadline(query.name, options, async (signal) => {
    const answer = await client.query({
      query: query.sql,
      query_params: query.params,
      format: "JSONEachRow",
      clickhouse_settings: boundsOf(query.name, options),
      abort_signal: signal,
    });
    return answer.json<unknown>();
  });
  return rows.map((row, index) => {
    const parsed = query.row.safeParse(row);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    const where = `row ${index + 1}${issue === undefined ? "" : `, ${issue.path.join(".")}: ${issue.message}`}`;
    throw new StoreError("bad_query", `${query.name}: ${where}; the query's SQL and its row schema disagree`, {
      cause: parsed.error,
    });
  });
}

function readBinary(
  client: ClickHouseClient,
  query: Omit<Query<never>, "row">,
  options: ReadOptions = {},
): Promise<Buffer> {
  return withDeadline(query.name, options, async (signal) => {
    const { stream } = await client.exec({
      query: `${query.sql}\nFORMAT RowBinary`,
      query_params: query.params,
      clickhouse_settings: boundsOf(query.name, options),
      abort_signal: signal,
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      // Leaving the loop destroys the stream.
      if (size > MAX_READ_BYTES)
        throw new StoreError(
          "too_big",
          `${query.name}: the answer is longer than ${MAX_READ_BYTES} bytes; ask for less`,
        );
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, size);
  });
}

function boundsOf(name: string, { timeoutSeconds = READ_SECONDS }: ReadOptions): ClickHouseSettings {
  return {
    log_comment: name,
    max_execution_time: timeoutSeconds,
    max_memory_usage: String(MAX_QUERY_MEMORY_BYTES),
    max_result_rows: String(MAX_READ_ROWS),
    max_result_bytes: String(MAX_READ_BYTES),
    result_overflow_mode: "throw",
    // Numbers, where they fit; a query casts what does not to String.
    output_format_json_quote_64bit_integers: 0,
    allow_experimental_time_series_aggregate_functions: 1,
  } as ClickHouseSettings;
}

async function withDeadline<T>(
  name: string,
  { signal, timeoutSeconds = READ_SECONDS }: ReadOptions,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeoutSeconds * 1000 + GRACE_MS);
  const onAbort = () => deadline.abort();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await run(deadline.signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (deadline.signal.aborted)
      throw new StoreError("timeout", `${name}: no answer in ${timeoutSeconds} s`, { cause: error });
    throw storeErrorOf(error, name, false);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

function firstWords(sql: string): string {
  const line = sql.replaceAll(/\s+/g, " ").trim();
  return line.length > 60 ? `${line.slice(0, 60)}...` : line;
}
