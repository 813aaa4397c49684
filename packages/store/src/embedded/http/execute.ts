/** Runs a request's statement and answers it. */
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Engine, EngineRequest } from "../engine/engine.ts";
import { ClickHouseException } from "../sql/exception.ts";
import { quoteString } from "../sql/quote.ts";
import { requestSettings, type SettingLimits } from "../sql/settings.ts";
import type { InsertStatement, PlainStatement } from "../sql/statement.ts";
import type { Answer } from "./answer.ts";
import { writeToFile } from "./body.ts";
import { isStreamed } from "./formats.ts";
import { type ClickHouseRequest, isOn, sessionOf } from "./request.ts";

export type ExecuteLimits = SettingLimits & {
  /** Bytes of a result that is kept whole before it is sent, in ClickHouse's memory. */
  readonly maxWholeResult: number;
  /** Bytes of the data of one INSERT. */
  readonly maxInsert: number;
};

export type Surroundings = {
  readonly engine: Engine;
  readonly limits: ExecuteLimits;
  /** Where data waits while it is inserted. */
  readonly incoming: string;
};

export type RequestFacts = {
  /** A GET changes nothing. */
  readonly isGet: boolean;
  readonly defaultFormat: string | undefined;
  readonly database: string | undefined;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
};

/** Throws ClickHouseException; what has been answered by then, `answer` knows. */
export async function execute(
  surroundings: Surroundings,
  request: ClickHouseRequest,
  facts: RequestFacts,
  answer: Answer,
): Promise<void> {
  const { parameters, statement } = request;
  const { assignments, seconds, badName } = requestSettings(parameters, surroundings.limits);
  if (badName !== undefined) throw new ClickHouseException(115, "UNKNOWN_SETTING", `Unknown setting '${badName}'`);
  if (parameters.getAll("role").length > 0) {
    throw new ClickHouseException(511, "UNKNOWN_ROLE", "There are no roles here");
  }
  const engineRequest: EngineRequest = {
    lane: statement.kind === "plain" && statement.verb === "select" ? "read" : "write",
    database: parameters.get("database") ?? facts.database,
    assignments: facts.isGet && !parameters.has("readonly") ? [...assignments, ["readonly", "2"]] : assignments,
    seconds,
    session: sessionOf(parameters),
    signal: facts.signal,
  };
  if (statement.kind === "insert") {
    if (facts.isGet) throw new ClickHouseException(164, "READONLY", "Cannot insert by GET: use POST");
    await insert(surroundings, engineRequest, statement, request.data, answer);
    return;
  }
  const format = statement.format ?? parameters.get("default_format") ?? facts.defaultFormat ?? "TabSeparated";
  const whole = isOn(parameters.get("wait_end_of_query")) || isOn(parameters.get("http_wait_end_of_query"));
  const asArray = isOn(parameters.get("output_format_json_array_of_rows"));
  if (statement.verb === "select" && isStreamed(format) && !whole && !asArray) {
    await stream(surroundings.engine, engineRequest, statement, format, answer);
  } else {
    await answerWhole(surroundings, engineRequest, statement, format, answer);
  }
}

async function stream(
  engine: Engine,
  request: EngineRequest,
  statement: PlainStatement,
  format: string,
  answer: Answer,
): Promise<void> {
  let parts = 0;
  await engine.run(request, async (connection, signal) => {
    for await (const chunk of connection.stream(statement.sql, format)) {
      await answer.part(chunk, format, signal);
      parts++;
    }
  });
  if (parts === 0) answer.whole(Buffer.alloc(0), format, {});
  else answer.end();
}

async function answerWhole(
  { engine, limits }: Surroundings,
  request: EngineRequest,
  statement: PlainStatement,
  format: string,
  answer: Answer,
): Promise<void> {
  const bounded = boundedResult(request, limits.maxWholeResult);
  const result = await engine.run(bounded, (connection) => connection.query(statement.sql, format));
  const summary =
    statement.verb === "insert"
      ? { writtenRows: result.rows, writtenBytes: result.rowBytes }
      : { resultRows: result.rows, resultBytes: result.rowBytes };
  answer.whole(result.bytes, format, summary);
}

function boundedResult(request: EngineRequest, maxBytes: number): EngineRequest {
  const asked = Number(request.assignments.find(([name]) => name === "max_result_bytes")?.[1] ?? 0);
  const bytes = asked > 0 ? Math.min(asked, maxBytes) : maxBytes;
  // First, so that a `readonly` at the end of the others does not forbid it.
  const others = request.assignments.filter(([name]) => name !== "max_result_bytes");
  return { ...request, assignments: [["max_result_bytes", String(bytes)], ...others] };
}

/** The data goes through a file: chdb reads what an INSERT brings from a file only. */
async function insert(
  { engine, limits, incoming }: Surroundings,
  request: EngineRequest,
  statement: InsertStatement,
  data: ClickHouseRequest["data"],
  answer: Answer,
): Promise<void> {
  const path = join(incoming, randomUUID());
  try {
    const size = await writeToFile(path, data.first, data.rest, limits.maxInsert);
    if (size === 0) {
      answer.whole(Buffer.alloc(0), "TabSeparated", {});
      return;
    }
    // On a line of its own: the target may end in a comment.
    const sql = `${statement.target}\nFROM INFILE ${quoteString(path)} COMPRESSION 'none' FORMAT ${statement.format}`;
    const { rows, rowBytes } = await engine.run(request, async (connection) => {
      if (statement.settings !== undefined) {
        await connection.query(`SET ${statement.settings}, async_insert = 0`, "Null");
      }
      return connection.query(sql, "Null");
    });
    const written = { writtenRows: rows, writtenBytes: rowBytes };
    answer.whole(Buffer.alloc(0), "TabSeparated", { ...written, readRows: rows, readBytes: rowBytes });
  } catch (error) {
    if (!(error instanceof ClickHouseException)) throw error;
    const message = error.message.replaceAll(path, "the request's body");
    throw new ClickHouseException(error.code, error.errorName, message, { cause: error });
  } finally {
    await rm(path, { force: true });
  }
}
