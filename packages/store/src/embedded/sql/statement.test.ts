import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ClickHouseException } from "./exception.ts";
import { parseStatement } from "./statement.ts";

describe("an INSERT with data behind it", () => {
  const table: { sql: string; target: string; format: string; settings?: string; data: string }[] = [
    { sql: "INSERT INTO t FORMAT CSV\n1,2", target: "INSERT INTO t", format: "CSV", data: "1,2" },
    { sql: "insert into t format CSV 1,2", target: "insert into t", format: "CSV", data: "1,2" },
    { sql: "INSERT INTO t FORMAT Native\n\n\0\xff", target: "INSERT INTO t", format: "Native", data: "\n\0\xff" },
    { sql: "INSERT INTO t FORMAT CSV\r\n1", target: "INSERT INTO t", format: "CSV", data: "1" },
    { sql: "INSERT INTO t VALUES (1)", target: "INSERT INTO t", format: "Values", data: " (1)" },
    { sql: "INSERT INTO t(a, b)VALUES(1)", target: "INSERT INTO t(a, b)", format: "Values", data: "(1)" },
    { sql: "INSERT INTO TABLE `t` FORMAT CSV\n", target: "INSERT INTO TABLE `t`", format: "CSV", data: "" },
    { sql: "INSERT INTO format FORMAT CSV\n1", target: "INSERT INTO format", format: "CSV", data: "1" },
    { sql: "INSERT INTO d.values VALUES (1)", target: "INSERT INTO d.values", format: "Values", data: " (1)" },
    {
      sql: 'INSERT INTO "a FORMAT b" (`FORMAT c`) FORMAT CSV\n',
      target: 'INSERT INTO "a FORMAT b" (`FORMAT c`)',
      format: "CSV",
      data: "",
    },
    {
      sql: "/* FORMAT x */ INSERT -- VALUES\n INTO t FORMAT CSV\n1",
      target: "/* FORMAT x */ INSERT -- VALUES\n INTO t",
      format: "CSV",
      data: "1",
    },
    {
      sql: "INSERT INTO t (a) SETTINGS async_insert=1, x = 'FORMAT' FORMAT JSONEachRow\n{}",
      target: "INSERT INTO t (a)",
      format: "JSONEachRow",
      settings: "async_insert=1, x = 'FORMAT'",
      data: "{}",
    },
    {
      sql: "INSERT INTO t SETTINGS a=1 VALUES (1)",
      target: "INSERT INTO t",
      format: "Values",
      settings: "a=1",
      data: " (1)",
    },
    {
      sql: "INSERT INTO FUNCTION file('x', 'CSV') VALUES (1)",
      target: "INSERT INTO FUNCTION file('x', 'CSV')",
      format: "Values",
      data: " (1)",
    },
  ];
  test.each(table)("$sql", ({ sql, data, ...expected }) => {
    const statement = parseStatement(sql);
    expect(statement).toMatchObject({ kind: "insert", settings: undefined, ...expected });
    if (statement.kind === "insert") expect(sql.slice(statement.dataStart)).toBe(data);
  });
  test("its target is UTF-8, its data untouched", () => {
    const text = Buffer.from("INSERT INTO `größe` FORMAT CSV\n日本").toString("latin1");
    const statement = parseStatement(text);
    expect(statement).toMatchObject({ kind: "insert", target: "INSERT INTO `größe`" });
    if (statement.kind === "insert")
      expect(Buffer.from(text.slice(statement.dataStart), "latin1").toString()).toBe("日本");
  });
});

describe("any other statement", () => {
  const table: { sql: string; format?: string; verb: string; run?: string }[] = [
    { sql: "SELECT 1 FORMAT JSON", format: "JSON", verb: "select", run: "SELECT 1" },
    { sql: "SELECT 1\nFORMAT JSON;\n", format: "JSON", verb: "select", run: "SELECT 1" },
    { sql: "SELECT 1 FORMAT JSON SETTINGS a = 1", format: "JSON", verb: "select", run: "SELECT 1   SETTINGS a = 1" },
    {
      sql: "SELECT 1 SETTINGS a = 1 FORMAT JSON -- end",
      format: "JSON",
      verb: "select",
      run: "SELECT 1 SETTINGS a = 1   -- end",
    },
    { sql: "SELECT format FROM t", verb: "select" },
    { sql: "SELECT a FROM format", verb: "select" },
    { sql: "SELECT 1 AS format", verb: "select" },
    { sql: "SELECT 'x FORMAT CSV'", verb: "select" },
    { sql: "SELECT 1 /* FORMAT CSV */", verb: "select" },
    { sql: "SELECT (SELECT 1 FORMAT)", verb: "select" },
    { sql: "SELECT $$ ; FORMAT CSV $$", verb: "select" },
    { sql: "SELECT 1e-5, .5, 0x1F", verb: "select" },
    { sql: "SELECT 'it''s \\' ; '", verb: "select" },
    { sql: "WITH 1 AS x SELECT x FORMAT TSV", format: "TSV", verb: "select", run: "WITH 1 AS x SELECT x" },
    {
      sql: "(SELECT 1) UNION ALL (SELECT 2) FORMAT CSV",
      format: "CSV",
      verb: "select",
      run: "(SELECT 1) UNION ALL (SELECT 2)",
    },
    { sql: "SHOW TABLES FORMAT JSON", format: "JSON", verb: "other", run: "SHOW TABLES" },
    { sql: "INSERT INTO t SELECT * FROM u", verb: "insert" },
    { sql: "INSERT INTO t (a) WITH 1 AS x SELECT x", verb: "insert" },
    { sql: "INSERT INTO t FROM u SELECT a", verb: "insert" },
    { sql: "DROP TABLE t ; ;", verb: "other", run: "DROP TABLE t" },
  ];
  test.each(table)("$sql", ({ sql, run = sql, format, verb }) => {
    const statement = parseStatement(sql);
    expect(statement).toMatchObject({ kind: "plain", format, verb });
    if (statement.kind === "plain") expect(statement.sql.trim()).toBe(run);
  });
});

describe("refused", () => {
  const table: [string, number][] = [
    ["", 62],
    [" -- nothing\n/* at all", 62],
    ["SELECT 1; DROP TABLE t", 62],
    ["SELECT 1 INTO OUTFILE 'x'", 48],
    ["SELECT 1 INTO OUTFILE 'x' FORMAT CSV", 48],
    ["INSERT INTO t FROM INFILE 'x' FORMAT CSV", 48],
  ];
  test.each(table)("%j", (sql, code) => {
    expect(() => parseStatement(sql)).toThrow(expect.objectContaining({ code }));
  });
});

test("any text is a statement or refused, and nothing in quotes is a clause", () => {
  const word = fc.constantFrom(
    "INSERT",
    "INTO",
    "t",
    "FORMAT",
    "CSV",
    "VALUES",
    "SELECT",
    "(",
    ")",
    ";",
    "'",
    "`",
    "--",
    "/*",
    "$$",
    "\n",
    "SETTINGS",
    "FROM",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.string()), { maxLength: 20 }), (words) => {
      try {
        parseStatement(Buffer.from(words.join(" ")).toString("latin1"));
      } catch (error) {
        expect(error).toBeInstanceOf(ClickHouseException);
      }
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      const quoted = `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
      const latin1 = Buffer.from(`SELECT ${quoted} FORMAT CSV`).toString("latin1");
      expect(parseStatement(latin1)).toMatchObject({ format: "CSV", sql: `SELECT ${quoted}  ` });
    }),
  );
});
