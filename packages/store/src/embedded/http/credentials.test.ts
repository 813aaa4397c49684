import { describe, expect, test } from "vitest";
import { credentialsOf, sameCredentials } from "./credentials.ts";

const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });

describe("credentialsOf", () => {
  const table: { name: string; headers: Record<string, string>; url: string; user: string; password: string }[] = [
    { name: "Basic", headers: basic("ann:a:b ä"), url: "", user: "ann", password: "a:b ä" },
    { name: "Basic without password", headers: basic("ann"), url: "", user: "ann", password: "" },
    {
      name: "headers",
      headers: { "x-clickhouse-user": "ann", "x-clickhouse-key": "k" },
      url: "user=bob&password=p",
      user: "ann",
      password: "k",
    },
    { name: "a key alone", headers: { "x-clickhouse-key": "k" }, url: "", user: "default", password: "k" },
    { name: "URL", headers: {}, url: "user=ann&password=a%26b", user: "ann", password: "a&b" },
    { name: "a token is no password", headers: { authorization: "Bearer x" }, url: "", user: "default", password: "" },
    { name: "nothing", headers: {}, url: "", user: "default", password: "" },
  ];
  test.each(table)("$name", ({ headers, url, user, password }) => {
    expect(credentialsOf(headers, new URLSearchParams(url))).toEqual({ user, password });
  });
});

test("both must be right", () => {
  const right = { user: "ann", password: "secret" };
  expect(sameCredentials({ ...right }, right)).toBe(true);
  for (const wrong of [{ user: "bob" }, { password: "" }, { password: "secret " }, { user: "" }]) {
    expect(sameCredentials({ ...right, ...wrong }, right)).toBe(false);
  }
});
