import { expect, test } from "vitest";
import { ApiError, toApiError } from "./prometheus-error.ts";

function storeError(code: string, clickhouseCode?: number): Error {
  return Object.assign(new Error("details"), { name: "StoreError", code, clickhouseCode });
}

test.each<[unknown, number, string]>([
  [new ApiError("not_found", "x"), 404, "not_found"],
  [new ApiError("execution", "x"), 422, "execution"],
  [storeError("unreachable"), 503, "unavailable"],
  [storeError("timeout"), 503, "timeout"],
  [storeError("too_big"), 422, "execution"],
  [storeError("bad_query"), 500, "internal"],
  [storeError("server", 427), 400, "bad_data"],
  [storeError("auth"), 500, "internal"],
  [new TypeError("bug"), 500, "internal"],
  ["text", 500, "internal"],
])("%s", (error, status, errorType) => {
  const answer = toApiError(error);
  expect(answer.status).toBe(status);
  expect(answer.body()).toMatchObject({ status: "error", errorType });
});
