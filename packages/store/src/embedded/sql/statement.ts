/** What a statement is, as far as it decides how to run it: with data behind it, streamed, or as a whole. */
import { ClickHouseException } from "./exception.ts";
import { type Token, tokens } from "./tokens.ts";

/** An INSERT whose data follows. All positions are byte offsets into the text given. */
export type InsertStatement = {
  readonly kind: "insert";
  /** `INSERT INTO t (a, b)`, without SETTINGS, FORMAT and VALUES. */
  readonly target: string;
  readonly format: string;
  /** `name = value, ...` of an inline SETTINGS clause. */
  readonly settings: string | undefined;
  readonly dataStart: number;
};

export type PlainStatement = {
  readonly kind: "plain";
  /** Without FORMAT clause and closing semicolon. */
  readonly sql: string;
  readonly format: string | undefined;
  /** `select` answers with rows that can be streamed, `insert` is an INSERT ... SELECT. */
  readonly verb: "select" | "insert" | "other";
};

export type Statement = InsertStatement | PlainStatement;

const toText = (latin1: string) => Buffer.from(latin1, "latin1").toString("utf8");

/** `text` is one character a byte. Throws ClickHouseException for several statements, and for files on the server. */
export function parseStatement(text: string): Statement {
  const [first] = tokens(text);
  if (first === undefined) throw new ClickHouseException(62, "SYNTAX_ERROR", "Empty query");
  if (first.text === "INSERT") return parseInsert(text) ?? parsePlain(text, "insert");
  return parsePlain(text, ["SELECT", "WITH", "FROM", "("].includes(first.text) ? "select" : "other");
}

type InsertHead = { target: string; settings: string | undefined };

/** Undefined for INSERT ... SELECT. */
function parseInsert(text: string): InsertStatement | undefined {
  let state: "name" | "target" | "settings" | "from" | "format" = "name";
  let previous = "";
  let targetEnd = 0;
  let settingsStart: number | undefined;
  const head = (clause: Token): InsertHead => ({
    target: toText(text.slice(0, settingsStart === undefined ? clause.start : targetEnd)).trim(),
    settings: settingsStart === undefined ? undefined : toText(text.slice(settingsStart, clause.start)).trim(),
  });
  let beforeFormat: InsertHead | undefined;
  for (const token of tokens(text)) {
    if (token.depth > 0) continue;
    const before = previous;
    previous = token.text;
    if (state === "format") return { kind: "insert", ...beforeFormat!, ...formatAt(text, token) };
    if (state === "from") {
      if (token.text === "INFILE") throw noFiles("INSERT ... FROM INFILE");
      return undefined;
    }
    if (state === "name") {
      // The first name behind INSERT INTO is the table, whatever it is called.
      if (!(token.kind === "word" && BEFORE_NAME.has(token.text))) state = "target";
      continue;
    }
    if (token.kind !== "word" || before === ".") continue;
    if (token.text === "VALUES") return { kind: "insert", ...head(token), format: "Values", dataStart: token.end };
    if (token.text === "SELECT" || token.text === "WITH" || token.text === "WATCH") return undefined;
    if (token.text === "FROM") state = "from";
    else if (token.text === "FORMAT") {
      beforeFormat = head(token);
      state = "format";
    } else if (token.text === "SETTINGS" && state === "target") {
      targetEnd = token.start;
      settingsStart = token.end;
      state = "settings";
    }
  }
  return undefined;
}

const BEFORE_NAME = new Set(["INSERT", "INTO", "TABLE", "FUNCTION"]);

function formatAt(text: string, name: Token) {
  return { format: text.slice(name.start, name.end), dataStart: dataStart(text, name.end) };
}

/** Blanks and one line break separate a format's name from the data. */
function dataStart(text: string, from: number): number {
  const separator = /[ \t\f]*\r?\n?/y;
  separator.lastIndex = from;
  return from + (separator.exec(text)?.[0].length ?? 0);
}

function parsePlain(text: string, verb: PlainStatement["verb"]): PlainStatement {
  const top: Token[] = [];
  let end = text.length;
  for (const token of tokens(text)) {
    if (token.text === ";" && token.kind === "symbol") {
      const [next] = tokens(text, token.end);
      if (next !== undefined && next.text !== ";") {
        throw new ClickHouseException(62, "SYNTAX_ERROR", "Multi-statements are not allowed");
      }
      end = token.start;
      break;
    }
    if (token.depth === 0) top.push(token);
  }
  const clause = formatClause(top);
  if (top.some((token, i) => token.text === "OUTFILE" && top[i - 1]?.text === "INTO")) throw noFiles("INTO OUTFILE");
  if (clause === undefined) return { kind: "plain", sql: toText(text.slice(0, end)), format: undefined, verb };
  const sql = toText(`${text.slice(0, clause.keyword.start)} ${text.slice(clause.name.end, end)}`);
  return { kind: "plain", sql, format: text.slice(clause.name.start, clause.name.end), verb };
}

/** FORMAT behind an operand and before a name that ends the statement or its SETTINGS: anything else is an identifier. */
function formatClause(top: readonly Token[]): { keyword: Token; name: Token } | undefined {
  for (let i = top.length - 2; i > 0; i--) {
    const [before, keyword, name, after] = [top[i - 1]!, top[i]!, top[i + 1]!, top[i + 2]];
    if (keyword.kind !== "word" || keyword.text !== "FORMAT" || name.kind !== "word") continue;
    if (after !== undefined && !["SETTINGS", "INTO"].includes(after.text)) continue;
    if (before.kind === "symbol" ? ")]}*".includes(before.text) : !NO_OPERAND.has(before.text))
      return { keyword, name };
  }
  return undefined;
}

/** Words that want an operand behind them, so that a FORMAT there is a name. */
const NO_OPERAND = new Set([
  "SELECT",
  "DISTINCT",
  "AS",
  "FROM",
  "WHERE",
  "PREWHERE",
  "HAVING",
  "BY",
  "AND",
  "OR",
  "NOT",
]);

function noFiles(what: string): ClickHouseException {
  return new ClickHouseException(
    48,
    "NOT_IMPLEMENTED",
    `${what} is not supported over HTTP: send or read the data itself`,
  );
}
