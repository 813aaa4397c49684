/** The hot path of inserts: one plain POST on a kept connection, its length known, nothing in between. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { quoteName } from "./embedded/sql/quote.ts";
import { StoreError, storeErrorOf, storeErrorOfAnswer } from "./store-error.ts";

export type NativePostTarget = {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly database: string;
};

export type NativePost = {
  /** Resolves when ClickHouse has acknowledged all of `parts`, together one body of Native blocks. */
  post(table: string, parts: readonly Uint8Array[], token: string): Promise<void>;
  close(): void;
};

const MAX_SOCKETS = 4;
const TIMEOUT_MS = 120_000;
const MAX_ANSWER_BYTES = 65_536;

/**
 * Deduplication by token compares source blocks: the same bytes have to become the same blocks, whatever the server's
 * defaults are. A column that the table lacks is refused: ClickHouse would drop it and fill the rows with defaults.
 */
const SETTINGS = {
  max_insert_threads: "1",
  min_insert_block_size_rows: "1048576",
  min_insert_block_size_bytes: "268435456",
  input_format_parallel_parsing: "0",
  input_format_skip_unknown_fields: "0",
  insert_deduplicate: "1",
  async_insert: "0",
};

export function createNativePost({ url, username, password, database }: NativePostTarget): NativePost {
  const target = new URL(url);
  const secure = target.protocol === "https:";
  const keep = { keepAlive: true, maxSockets: MAX_SOCKETS };
  const agent = secure ? new HttpsAgent(keep) : new HttpAgent(keep);
  const request = secure ? httpsRequest : httpRequest;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;

  const optionsOf = (table: string, length: number, token: string): RequestOptions => {
    const query = `INSERT INTO ${quotedTable(table)} FORMAT Native`;
    const search = new URLSearchParams({ database, query, ...SETTINGS, insert_deduplication_token: token });
    return {
      host: target.hostname,
      port: target.port,
      method: "POST",
      path: `${target.pathname}?${search}`,
      agent,
      timeout: TIMEOUT_MS,
      headers: { authorization, "content-length": length },
    };
  };

  return {
    post(table, parts, token) {
      const length = parts.reduce((sum, part) => sum + part.length, 0);
      const place = `insert into ${table}`;
      return new Promise<void>((done, fail) => {
        const sent = request(optionsOf(table, length, token), (answer) => {
          settle(answer, place).then(done, fail);
        });
        sent.on("timeout", () =>
          sent.destroy(new StoreError("timeout", `${place}: no answer in ${TIMEOUT_MS / 1000} s`)),
        );
        sent.on("error", (error) => fail(storeErrorOf(error, place, true)));
        for (const part of parts) sent.write(part);
        sent.end();
      });
    },
    close: () => agent.destroy(),
  };
}

async function settle(answer: IncomingMessage, place: string): Promise<void> {
  const status = answer.statusCode ?? 0;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size <= MAX_ANSWER_BYTES) chunks.push(chunk);
    }
  } catch (error) {
    throw storeErrorOf(error, place, true);
  }
  if (status === 200 && answer.headers["x-clickhouse-exception-code"] === undefined) return;
  throw storeErrorOfAnswer(status, Buffer.concat(chunks).toString("utf8"), place, true);
}

/** `name` or `database.name`, quoted. */
export function quotedTable(table: string): string {
  return table.split(".").map(quoteName).join(".");
}
