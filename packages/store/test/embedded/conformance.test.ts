/** What @clickhouse/client does with a server, done with the embedded one. */
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { type ClickHouseClient, ClickHouseError, type DataFormat } from "@clickhouse/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PASSWORD, ServerProcess, USER } from "./server-process.ts";

const server = new ServerProcess();
let client: ClickHouseClient;

beforeAll(async () => {
  await server.start();
  client = server.client();
  await client.command({ query: "CREATE DATABASE other" });
  await client.command({
    query:
      "CREATE TABLE pairs (n UInt32, text String, at DateTime64(3, 'UTC') DEFAULT 0) ENGINE = MergeTree ORDER BY n",
  });
});
afterAll(() => server.dispose());

const rowsOf = async (query: string, options: object = {}) =>
  (await client.query({ query, format: "JSONEachRow", ...options })).json<Record<string, unknown>>();
const one = async (query: string, options: object = {}) => Object.values((await rowsOf(query, options))[0] ?? {})[0];

async function fill(rows: number): Promise<void> {
  await client.command({ query: "TRUNCATE TABLE pairs" });
  await client.command({ query: `INSERT INTO pairs (n, text) SELECT number, toString(number) FROM numbers(${rows})` });
}

describe("ping", () => {
  test("without and with a query", async () => {
    expect(await client.ping()).toMatchObject({ success: true });
    expect(await client.ping({ select: true })).toMatchObject({ success: true });
  });
  test("with a wrong password only the query fails", async () => {
    const stranger = server.client({ password: "wrong" });
    expect(await stranger.ping()).toMatchObject({ success: true });
    expect(await stranger.ping({ select: true })).toMatchObject({ success: false });
  });
});

describe("parameters", () => {
  const table: { type: string; value: unknown }[] = [
    { type: "String", value: "it's \\ a\ttab\nline 'quoted' \"double\" `tick` {x:UInt8} 日本 🐢" },
    { type: "String", value: "" },
    { type: "UInt64", value: 9007199254740991 },
    { type: "Float64", value: -1.5e-7 },
    { type: "Array(String)", value: ["a'b", "c\\d", "e,f", "]", "\n"] },
    { type: "Array(UInt32)", value: [1, 2, 4294967295] },
    { type: "Nullable(String)", value: null },
    { type: "Map(String, String)", value: { "k'1": "v\\1" } },
    { type: "Bool", value: true },
  ];
  test.each(table)("$type $value", async ({ type, value }) => {
    const found = await one(`SELECT {p:${type}} AS x`, { query_params: { p: value } });
    expect(found).toEqual(value);
  });
  test("identifiers", async () => {
    await fill(3);
    expect(
      await one("SELECT max({c:Identifier}) AS x FROM {t:Identifier}", { query_params: { c: "n", t: "pairs" } }),
    ).toBe(2);
  });
  test("too long for a URL", async () => {
    const ids = Array.from({ length: 20_000 }, (_, i) => `series '${i}'`);
    const query = "SELECT length({ids:Array(String)}) AS n, {ids:Array(String)}[-1] AS last";
    for (const how of [{ use_multipart_params: true }, { use_multipart_params_auto: true }, {}]) {
      const params = how === undefined || Object.keys(how).length > 0 ? ids : ids.slice(0, 20);
      const rows = await rowsOf(query, { query_params: { ids: params }, ...how });
      expect(rows).toEqual([{ n: `${params.length}`.length > 0 ? params.length : 0, last: params.at(-1) }]);
    }
  });
  test("a missing one is told", async () => {
    await expect(one("SELECT {nowhere:String}")).rejects.toMatchObject({
      code: "456",
      type: "UNKNOWN_QUERY_PARAMETER",
    });
  });
  test("they do not cross between requests at the same time", async () => {
    const found = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        one("SELECT {p:UInt32} + sleep(0.002) AS x", {
          query_params: { p: i },
          clickhouse_settings: { max_threads: 1 + (i % 3) },
        }),
      ),
    );
    expect(found).toEqual(found.map((_, i) => i));
  });
});

describe("formats out", () => {
  const text: DataFormat[] = [
    "JSON",
    "JSONStrings",
    "JSONCompact",
    "JSONCompactStrings",
    "JSONColumnsWithMetadata",
    "JSONObjectEachRow",
    "JSONEachRow",
    "JSONStringsEachRow",
    "JSONCompactEachRow",
    "JSONCompactStringsEachRow",
    "JSONCompactEachRowWithNames",
    "JSONCompactEachRowWithNamesAndTypes",
    "JSONCompactStringsEachRowWithNames",
    "JSONCompactStringsEachRowWithNamesAndTypes",
  ];
  test.each(text)("%s is read by the client", async (format) => {
    // Three of the engine's blocks, so that a header or separator repeated between chunks would show.
    const query = "SELECT number AS n FROM numbers(150000) ORDER BY n";
    const answer = await (await client.query({ query, format })).json<unknown>();
    const data = (answer as { data?: unknown }).data ?? answer;
    const header = /WithNamesAndTypes$/.test(format) ? 2 : /WithNames$/.test(format) ? 1 : 0;
    const length = Array.isArray(data) ? data.length - header : Object.keys(data as object).length;
    expect(format === "JSONColumnsWithMetadata" ? (data as { n: unknown[] }).n.length : length).toBe(150_000);
  });
  const raw: [DataFormat, string][] = [
    ["CSV", '0,"0"\n1,"1"\n'],
    ["CSVWithNames", '"n","t"\n0,"0"\n1,"1"\n'],
    ["CSVWithNamesAndTypes", '"n","t"\n"UInt64","String"\n0,"0"\n1,"1"\n'],
    ["TabSeparated", "0\t0\n1\t1\n"],
    ["TabSeparatedRaw", "0\t0\n1\t1\n"],
    ["TabSeparatedWithNames", "n\tt\n0\t0\n1\t1\n"],
    ["TabSeparatedWithNamesAndTypes", "n\tt\nUInt64\tString\n0\t0\n1\t1\n"],
    ["CustomSeparated", "0\t0\n1\t1\n"],
  ];
  test.each(raw)("%s", async (format, expected) => {
    const query = "SELECT number AS n, toString(number) AS t FROM numbers(2)";
    expect(await (await client.query({ query, format })).text()).toBe(expected);
  });
  test.each(["RowBinary", "RowBinaryWithNamesAndTypes", "Native", "Parquet", "ArrowStream", "Avro", "ORC", "MsgPack"])(
    "%s comes back as it went out",
    async (format) => {
      const bytes = await exec(
        `SELECT number::UInt32 AS n, toString(number) AS text FROM numbers(70000) FORMAT ${format}`,
      );
      await client.command({ query: "TRUNCATE TABLE pairs" });
      await client.exec({ query: `INSERT INTO pairs (n, text) FORMAT ${format}`, values: Readable.from([bytes]) });
      expect(await rowsOf("SELECT count() AS c, sum(n) AS s, countIf(text = toString(n)) AS same FROM pairs")).toEqual([
        { c: 70_000, s: 2_449_965_000, same: 70_000 },
      ]);
    },
  );
  test("none", async () => {
    expect((await exec("SELECT 1 FORMAT Null")).length).toBe(0);
    expect((await exec("SELECT 1 WHERE 0 FORMAT JSONEachRow")).length).toBe(0);
  });
});

async function exec(query: string, options: object = {}): Promise<Buffer> {
  const { stream } = await client.exec({ query, ...options });
  return Buffer.concat(await stream.toArray());
}

describe("inserts", () => {
  const rows = Array.from({ length: 5000 }, (_, n) => ({ n, text: `it's ${n}\n` }));
  const documentMeta = [
    { name: "n", type: "UInt32" },
    { name: "text", type: "String" },
  ];
  const values: [string, () => Parameters<ClickHouseClient["insert"]>[0]][] = [
    ["objects", () => ({ table: "pairs", values: rows, format: "JSONEachRow" })],
    [
      "arrays",
      () => ({
        table: "pairs",
        columns: ["n", "text"],
        values: rows.map(({ n, text }) => [n, text]),
        format: "JSONCompactEachRow",
      }),
    ],
    [
      "a stream of objects",
      () => ({ table: "pairs", values: Readable.from(rows, { objectMode: true }), format: "JSONEachRow" }),
    ],
    ["a document", () => ({ table: "pairs", values: { meta: documentMeta, data: rows }, format: "JSON" })],
    [
      "CSV text",
      () => ({
        table: "pairs",
        columns: ["n", "text"],
        values: Readable.from(
          rows.map(({ n, text }) => `${n},"${text}"\n`),
          { objectMode: false },
        ),
        format: "CSV",
      }),
    ],
    [
      "another database",
      () => ({ table: "default.pairs", columns: { except: ["at"] }, values: rows, format: "JSONEachRow" }),
    ],
  ];
  test.each(values)("%s", async (_, params) => {
    await client.command({ query: "TRUNCATE TABLE pairs" });
    const { summary, executed } = await client.insert(params());
    expect(executed).toBe(true);
    expect(summary?.written_rows).toBe("5000");
    expect(
      await rowsOf("SELECT count() AS c, countIf(text = concat('it\\'s ', toString(n), '\\n')) AS same FROM pairs"),
    ).toEqual([{ c: 5000, same: 5000 }]);
  });
  test("VALUES in a command, with settings inside and a semicolon in a string", async () => {
    await client.command({ query: "TRUNCATE TABLE pairs" });
    await client.command({
      query:
        "INSERT INTO pairs (n, text) SETTINGS async_insert = 1, max_threads = 1 -- so\nVALUES (1, 'a;b'), (2, '-- no comment')",
    });
    expect(await rowsOf("SELECT n, text FROM pairs ORDER BY n")).toEqual([
      { n: 1, text: "a;b" },
      { n: 2, text: "-- no comment" },
    ]);
  });
  test("nothing at all is a success", async () => {
    await client.insert({ table: "pairs", values: Readable.from([], { objectMode: false }), format: "CSV" });
  });
  test("a bad row refuses all of them, and leaves no file", async () => {
    await client.command({ query: "TRUNCATE TABLE pairs" });
    const error = await client
      .insert({ table: "pairs", values: [{ n: 1 }, { n: "one" }], format: "JSONEachRow" })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ClickHouseError);
    expect(error).toMatchObject({ code: expect.stringMatching(/^(6|27|72)$/) });
    expect(String(error)).not.toContain(server.data);
    expect(await one("SELECT count() FROM pairs")).toBe(0);
  });
  test("the same token counts once", async () => {
    await client.command({
      query:
        "CREATE TABLE once (n UInt32) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 100",
    });
    for (const [token, n] of [
      ["a", 1],
      ["a", 1],
      ["b", 1],
      ["a", 1],
    ] as const) {
      const clickhouse_settings = { insert_deduplication_token: token };
      await client.insert({ table: "once", values: [{ n }], format: "JSONEachRow", clickhouse_settings });
    }
    expect(await one("SELECT count() FROM once")).toBe(2);
  });
});

describe("compression", () => {
  test.each(["gzip", "zstd", "br"] as const)("%s both ways", async (codec) => {
    const packed = server.client({ compression: { request: { codec }, response: { codec } } });
    await client.command({ query: "TRUNCATE TABLE pairs" });
    const values = Array.from({ length: 20_000 }, (_, n) => ({ n, text: "x".repeat(50) }));
    await packed.insert({ table: "pairs", values, format: "JSONEachRow" });
    const answer = await packed.query({ query: "SELECT n, text FROM pairs ORDER BY n", format: "JSONEachRow" });
    expect(answer.response_headers["content-encoding"]).toBe(codec);
    expect(await answer.json()).toEqual(values);
    await expect(packed.query({ query: "SELECT nothing" })).rejects.toMatchObject({ type: "UNKNOWN_IDENTIFIER" });
  });
  test("a body that is not what it says", async () => {
    const answer = await post("/?query=INSERT+INTO+pairs+FORMAT+CSV", "1,a", { "content-encoding": "gzip" });
    expect(answer.text).toMatch(/^Code: 354\. .*ZLIB_INFLATE_FAILED/s);
  });
});

async function post(path: string, body: string, headers: Record<string, string> = {}) {
  const authorization = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;
  const response = await fetch(`${server.url}${path}`, {
    method: "POST",
    body,
    headers: { authorization, ...headers },
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

describe("settings", () => {
  test("hold for their request only", async () => {
    const asked = { clickhouse_settings: { max_threads: 1, output_format_json_quote_64bit_integers: 1 as const } };
    expect(await rowsOf("SELECT toUInt64(1) AS n, getSetting('max_threads') AS t", asked)).toEqual([{ n: "1", t: 1 }]);
    expect(await rowsOf("SELECT toUInt64(1) AS n, getSetting('max_threads') = 1 AS t")).toEqual([{ n: 1, t: 0 }]);
  });
  test("an unknown one is refused", async () => {
    const clickhouse_settings = { no_such_setting: "1" } as object;
    await expect(one("SELECT 1", { clickhouse_settings })).rejects.toMatchObject({
      code: "115",
      type: "UNKNOWN_SETTING",
    });
  });
  test("time is bounded whatever is asked", async () => {
    const clickhouse_settings = { max_execution_time: 0 };
    expect(Number(await one("SELECT getSetting('max_execution_time')", { clickhouse_settings }))).toBeGreaterThan(0);
  });
  test("max_result_rows refuses with a status, not in the middle of the answer", async () => {
    const clickhouse_settings = {
      max_result_rows: "10",
      result_overflow_mode: "throw" as const,
      wait_end_of_query: 1 as const,
    };
    const query = "SELECT number FROM numbers(1000000)";
    await expect(client.query({ query, format: "JSONEachRow", clickhouse_settings })).rejects.toMatchObject({
      code: "396",
    });
  });
  test("database", async () => {
    const elsewhere = server.client({ database: "other" });
    const [row] = await (
      await elsewhere.query({ query: "SELECT currentDatabase() AS d", format: "JSONEachRow" })
    ).json<{ d: string }>();
    expect(row?.d).toBe("other");
    await expect(server.client({ database: "none" }).query({ query: "SELECT 1" })).rejects.toMatchObject({
      type: "UNKNOWN_DATABASE",
    });
  });
  test("query_id comes back", async () => {
    const { query_id, response_headers } = await client.query({ query: "SELECT 1", query_id: "mine" });
    expect([query_id, response_headers["x-clickhouse-query-id"]]).toEqual(["mine", "mine"]);
    expect(response_headers).toMatchObject({
      "x-clickhouse-timezone": expect.any(String),
      "x-clickhouse-format": "JSON",
    });
  });
  test("a session keeps its temporary table and its own settings", async () => {
    const session = server.client({ session_id: "s1" });
    await session.command({ query: "CREATE TEMPORARY TABLE mine (n UInt8)" });
    await session.command({ query: "SET max_block_size = 1000" });
    await session.insert({
      table: "mine",
      values: [{ n: 7 }],
      format: "JSONEachRow",
      clickhouse_settings: { max_threads: 1 },
    });
    const query = "SELECT n, getSetting('max_block_size') AS b, getSetting('max_threads') = 1 AS t FROM mine";
    expect(await (await session.query({ query, format: "JSONEachRow" })).json()).toEqual([{ n: 7, b: 1000, t: 0 }]);
    await expect(one("SELECT n FROM mine")).rejects.toMatchObject({ type: "UNKNOWN_TABLE" });
  });
});

describe("errors", () => {
  const table: [string, string, number][] = [
    ["SELEC 1", "SYNTAX_ERROR", 400],
    ["SELECT * FROM nowhere", "UNKNOWN_TABLE", 404],
    ["SELECT nothing FROM pairs", "UNKNOWN_IDENTIFIER", 404],
    ["SELECT throwIf(1)", "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO", 500],
    ["SELECT 1; SELECT 2", "SYNTAX_ERROR", 400],
    ["", "SYNTAX_ERROR", 400],
    ["SELECT 1 INTO OUTFILE '/dev/null'", "NOT_IMPLEMENTED", 501],
    ["INSERT INTO pairs FROM INFILE '/etc/passwd' FORMAT CSV", "NOT_IMPLEMENTED", 501],
  ];
  test.each(table)("%s: %s", async (query, type, status) => {
    const answer = await post("/", query);
    expect(answer.status).toBe(status);
    expect(answer.text).toMatch(new RegExp(`^Code: \\d+\\. DB::Exception: .*\\(${type}\\) \\(version `, "s"));
    expect(answer.headers.get("x-clickhouse-exception-code")).toBe(/\d+/.exec(answer.text)?.[0]);
  });
  test("in the middle of an answer", async () => {
    const query = "SELECT throwIf(number = 300000) AS x FROM numbers(1000000)";
    const clickhouse_settings = { max_block_size: "65536", max_threads: 1 };
    const answer = await client.query({ query, format: "JSONEachRow", clickhouse_settings });
    await expect(answer.json()).rejects.toMatchObject({ code: "395", type: "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO" });
    await expect(exec(`${query} FORMAT RowBinary`, { clickhouse_settings })).rejects.toThrow("aborted");
    const packed = server.client({ compression: { response: true } });
    const again = await packed.query({ query, format: "JSONEachRow", clickhouse_settings });
    await expect(again.json()).rejects.toBeInstanceOf(Error);
    expect(await one("SELECT 1")).toBe(1);
  });
  test("GET reads only", async () => {
    const get = (query: string) =>
      fetch(`${server.url}/?user=${USER}&password=${encodeURIComponent(PASSWORD)}&query=${encodeURIComponent(query)}`);
    expect(await (await get("SELECT 1")).text()).toBe("1\n");
    for (const query of ["INSERT INTO pairs VALUES (1)", "DROP TABLE pairs"]) {
      expect(await (await get(query)).text()).toMatch(/^Code: 164\. .*READONLY/s);
    }
  });
});

describe("who asks", () => {
  const basic = (user: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
  });
  const inUrl = `?user=${USER}&password=${encodeURIComponent(PASSWORD)}`;
  const table: [string, string, Record<string, string>, number][] = [
    ["Basic", "", basic(USER, PASSWORD), 200],
    ["headers", "", { "x-clickhouse-user": USER, "x-clickhouse-key": encodeURIComponent(PASSWORD) }, 403],
    ["URL", inUrl, {}, 200],
    ["nobody", "", {}, 403],
    ["wrong password", "", basic(USER, "wrong"), 403],
    ["wrong user", "", basic("root", PASSWORD), 403],
    ["a wrong header is not made good by the URL", inUrl, basic(USER, ""), 403],
    ["not base64", "", { authorization: "Basic ???" }, 403],
  ];
  test.each(table)("%s", async (_, path, headers, status) => {
    const response = await fetch(`${server.url}/${path}`, { method: "POST", body: "SELECT 1", headers });
    expect(response.status).toBe(status);
    const text = await response.text();
    if (status === 403) expect(text).toMatch(/^Code: 516\. .*\(AUTHENTICATION_FAILED\)/s);
  });
});

test("a big result streams in little memory", async () => {
  const before = rssOf(server.pid);
  const answer = await client.query({
    query: "SELECT number, repeat('x', 50) AS s FROM numbers(5000000)",
    format: "JSONEachRow",
  });
  let rows = 0;
  for await (const chunk of answer.stream()) rows += chunk.length;
  expect(rows).toBe(5_000_000);
  expect(rssOf(server.pid) - before).toBeLessThan(250e6);
});

test("nothing was wrong with the server itself", () => expect(server.stderr).toBe(""));

function rssOf(pid: number): number {
  const pages = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1];
  return Number(pages) * 4096;
}
