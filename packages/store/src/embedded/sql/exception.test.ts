import { describe, expect, test } from "vitest";
import { ClickHouseException, exceptionFrame, exceptionFrom, exceptionText, statusOf } from "./exception.ts";

describe("exceptionFrom", () => {
  const table: { text: string; code: number; errorName: string; message: string }[] = [
    {
      text: "Code: 60. DB::Exception: Unknown table 'x'. (UNKNOWN_TABLE)",
      code: 60,
      errorName: "UNKNOWN_TABLE",
      message: "Unknown table 'x'",
    },
    {
      text: "Code: 27. DB::Exception: Code: 27. DB::Exception: bad\nrow: (at row 2). (CANNOT_PARSE_X) (version 26.7.2.1). (CANNOT_PARSE_X)",
      code: 27,
      errorName: "CANNOT_PARSE_X",
      message: "Code: 27. DB::Exception: bad\nrow: (at row 2). (CANNOT_PARSE_X) (version 26.7.2.1)",
    },
    { text: "something else", code: 1002, errorName: "UNKNOWN_EXCEPTION", message: "something else" },
  ];
  test.each(table)("$text", ({ text, ...expected }) => {
    expect(exceptionFrom(new Error(text))).toMatchObject(expected);
  });
});

test("text", () => {
  const error = new ClickHouseException(62, "SYNTAX_ERROR", "Empty query");
  expect(exceptionText(error, "26.7.2.1")).toBe(
    "Code: 62. DB::Exception: Empty query. (SYNTAX_ERROR) (version 26.7.2.1 (official build))\n",
  );
  expect([statusOf(error), statusOf(new ClickHouseException(241, "MEMORY_LIMIT_EXCEEDED", ""))]).toEqual([400, 500]);
});

test("frame", () => {
  expect(exceptionFrame("boom\n", "abcdefghijklmnop").toString()).toBe(
    "\r\n__exception__\r\nabcdefghijklmnop\r\nboom\n5 abcdefghijklmnop\r\n__exception__\r\n",
  );
});
