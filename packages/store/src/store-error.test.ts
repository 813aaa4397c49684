import { ClickHouseError } from "@clickhouse/client";
import { describe, expect, test } from "vitest";
import { type StoreErrorCode, storeErrorOf, storeErrorOfAnswer } from "./store-error.ts";

const body = (code: number, message: string, name: string) =>
  `Code: ${code}. DB::Exception: ${message}. (${name}) (version 26.7.3.1 (official build))\n`;

describe("ClickHouse's codes", () => {
  const table: { code: number; name: string; insert: StoreErrorCode; read: StoreErrorCode; retriable: boolean }[] = [
    { code: 516, name: "AUTHENTICATION_FAILED", insert: "auth", read: "auth", retriable: false },
    { code: 60, name: "UNKNOWN_TABLE", insert: "bad_query", read: "bad_query", retriable: false },
    { code: 62, name: "SYNTAX_ERROR", insert: "bad_query", read: "bad_query", retriable: false },
    { code: 33, name: "CANNOT_READ_ALL_DATA", insert: "content", read: "bad_query", retriable: false },
    { code: 53, name: "TYPE_MISMATCH", insert: "content", read: "bad_query", retriable: false },
    { code: 117, name: "INCORRECT_DATA", insert: "content", read: "bad_query", retriable: false },
    { code: 159, name: "TIMEOUT_EXCEEDED", insert: "timeout", read: "timeout", retriable: true },
    { code: 241, name: "MEMORY_LIMIT_EXCEEDED", insert: "too_big", read: "too_big", retriable: true },
    { code: 396, name: "TOO_MANY_ROWS_OR_BYTES", insert: "too_big", read: "too_big", retriable: false },
    { code: 243, name: "NOT_ENOUGH_SPACE", insert: "server", read: "server", retriable: true },
    { code: 252, name: "TOO_MANY_PARTS", insert: "server", read: "server", retriable: true },
    { code: 236, name: "ABORTED", insert: "server", read: "server", retriable: true },
  ];
  test.each(table)("$name", ({ code, name, insert, read, retriable }) => {
    const inserted = storeErrorOfAnswer(500, body(code, "why", name), "insert into samples", true);
    const asked = storeErrorOfAnswer(500, body(code, "why", name), "stragglers", false);
    expect([inserted.code, asked.code]).toEqual([insert, read]);
    expect(inserted).toMatchObject({ retriable, clickhouseCode: code, clickhouseName: name });
    expect(inserted.message).toBe("insert into samples: why.");
  });

  test("from the client's own error", () => {
    const cause = new ClickHouseError({ message: "Unknown table", code: "60", type: "UNKNOWN_TABLE" });
    expect(storeErrorOf(cause, "fleet", false)).toMatchObject({ code: "bad_query", clickhouseCode: 60, cause });
  });

  test("an answer that is not ClickHouse's", () => {
    const error = storeErrorOfAnswer(502, "<html>Bad gateway</html>", "fleet", false);
    expect(error).toMatchObject({ code: "server", retriable: true, clickhouseCode: undefined });
    expect(error.message).toBe("fleet: HTTP 502: <html>Bad gateway</html>");
  });
});

describe("the way to ClickHouse", () => {
  const system = (code: string, message = code) => Object.assign(new Error(message), { code });
  test.each([
    { error: system("ECONNREFUSED"), code: "unreachable" },
    { error: system("ECONNRESET", "socket hang up"), code: "unreachable" },
    { error: system("ENOTFOUND"), code: "unreachable" },
    { error: new Error("Timeout error."), code: "timeout" },
    { error: new Error("something else"), code: "server" },
  ])("$error.message", ({ error, code }) => {
    expect(storeErrorOf(error, "fleet", false)).toMatchObject({ code, retriable: true });
  });
});
