import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { admission, type RequestFacts } from "./admission.ts";
import { loginPage, returnPath } from "./login-page.ts";
import { hostOf, isLoopback } from "./loopback.ts";
import { configuredToken, sessionOf } from "./token.ts";

const TOKEN = "s3cret";
const facts = (change: Partial<RequestFacts>): RequestFacts => ({
  method: "GET",
  path: "/",
  host: "localhost:3000",
  origin: null,
  authorization: null,
  session: undefined,
  acceptsHtml: false,
  ...change,
});
const answer = (change: Partial<RequestFacts>, token?: string) => {
  const made = admission(facts(change), token);
  return made.kind === "refuse" ? made.status : made.kind;
};

describe("without a token", () => {
  test.each<[Partial<RequestFacts>, string | number]>([
    [{}, "admit"],
    [{ host: "127.0.0.1:3000" }, "admit"],
    [{ host: "[::1]:3000" }, "admit"],
    [{ host: "lockstep.localhost" }, "admit"],
    [{ host: "evil.example:3000" }, 403],
    [{ host: "127.0.0.1.evil.example" }, 403],
    [{ host: "10.0.0.7:3000" }, 403],
    [{ host: "user@localhost" }, 403],
    [{ host: null }, 403],
    [{ host: "evil.example", path: "/-/healthy" }, "admit"],
    [{ method: "POST" }, "admit"],
    [{ method: "POST", origin: "http://localhost:3000" }, "admit"],
    [{ method: "POST", origin: "http://localhost:8080" }, 403],
    [{ method: "POST", origin: "https://evil.example" }, 403],
    [{ method: "POST", origin: "null" }, 403],
    [{ method: "OPTIONS", origin: "https://evil.example", path: "/api/v1/query" }, "admit"],
  ])("%j", (change, expected) => {
    expect(answer(change)).toBe(expected);
  });
});

describe("with a token", () => {
  const session = sessionOf(TOKEN);
  test.each<[Partial<RequestFacts>, string | number]>([
    [{}, 401],
    [{ acceptsHtml: true }, "login"],
    [{ acceptsHtml: true, path: "/api/v1/query" }, 401],
    [{ acceptsHtml: true, method: "POST" }, 401],
    [{ path: "/-/healthy" }, "admit"],
    [{ path: "/-/ready" }, 401],
    [{ path: "/login" }, "admit"],
    [{ path: "/login", method: "POST", origin: "https://evil.example" }, 403],
    [{ authorization: `Bearer ${TOKEN}`, host: "lockstep.example" }, "admit"],
    [{ authorization: `bearer  ${TOKEN}` }, "admit"],
    [{ authorization: `Bearer ${TOKEN}x` }, 401],
    [{ authorization: "Bearer " }, 401],
    [{ authorization: `Basic ${TOKEN}` }, 401],
    [{ authorization: `Bearer ${TOKEN}`, method: "POST", origin: "https://grafana.example" }, "admit"],
    [{ session }, "admit"],
    [{ session: TOKEN }, 401],
    [{ session: sessionOf("older") }, 401],
    [{ session, method: "POST", host: "a.example", origin: "https://a.example" }, "admit"],
    [{ session, method: "POST", origin: "https://evil.example" }, 403],
    [{ method: "OPTIONS", origin: "https://grafana.example", path: "/api/v1/query" }, "preflight"],
    [{ method: "OPTIONS", path: "/api/v1/query" }, 401],
  ])("%j", (change, expected) => {
    expect(answer(change, TOKEN)).toBe(expected);
  });
});

test("the token is the file's text; an empty or absent file is an error, not an open door", () => {
  const folder = mkdtempSync(join(tmpdir(), "lockstep-token-"));
  try {
    const file = join(folder, "token");
    expect(configuredToken({})).toBeUndefined();
    expect(() => configuredToken({ LOCKSTEP_TOKEN_FILE: file })).toThrow(/ENOENT/);
    writeFileSync(file, " \n");
    expect(() => configuredToken({ LOCKSTEP_TOKEN_FILE: file })).toThrow(/empty/);
    writeFileSync(file, `${TOKEN}\n`);
    expect(configuredToken({ LOCKSTEP_TOKEN_FILE: file })).toBe(TOKEN);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([
  ["localhost", true],
  ["LOCALHOST.", true],
  ["127.8.9.1", true],
  ["::1", true],
  ["127.1", false],
  ["0.0.0.0", false],
  ["localhost.evil.example", false],
])("%s is loopback: %s", (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

test.each([
  ["a.example:3000", "a.example"],
  ["[::1]:3000", "::1"],
  ["[::1]", "::1"],
  ["a b", undefined],
  ["", undefined],
])("host of %j", (header, host) => {
  expect(hostOf(header)).toBe(host);
});

test.each([
  ["/nodes?x=1", "/nodes?x=1"],
  [null, "/"],
  ["https://evil.example", "/"],
  ["//evil.example", "/"],
  ["/\\evil.example", "/"],
  ["/a\r\nset-cookie: x", "/"],
  ["/login?to=/login", "/"],
])("login leads %j to %s", (to, expected) => {
  expect(returnPath(to)).toBe(expected);
});

test("the page escapes where it leads", () => {
  expect(loginPage('/"><script>', false)).toContain('value="/&quot;&gt;&lt;script&gt;"');
});
