import { type Document, LineCounter, type Node, parseDocument } from "yaml";
import type { ConfigProblem } from "./problem.ts";

/** Where the values of one YAML file stand, and what is wrong with it. */
export type YamlFile = {
  readonly file: string;
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
  /** Offset in the text of each value read, by its path. */
  readonly offsets: Map<string, number>;
  readonly errors: ConfigProblem[];
  readonly warnings: ConfigProblem[];
};

type Detail = { readonly found?: string; readonly expected?: string };

/** Parses as Go's yaml.v2 does (YAML 1.1). With syntax errors, `errors` holds them and the document is not to be read. */
export function openYaml(text: string, file: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: "1.1",
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: "error",
  });
  const yaml: YamlFile = { file, document, lines, offsets: new Map(), errors: [], warnings: [] };
  for (const error of document.errors) {
    yaml.errors.push(problemAt(yaml, error.pos[0], "", `not valid YAML: ${withoutSource(error.message)}`));
  }
  return yaml;
}

/** The parser quotes the text it stumbled on, which may be a password. */
function withoutSource(message: string): string {
  if (message.startsWith("Maximum call stack")) {
    return "nested too deeply";
  }
  return message.replace(/:\s*["`'][\s\S]*$/, "").replace(/; please use YAML\.parseAllDocuments\(\)$/, "");
}

/** A problem at an offset of the text. */
export function problemAt(
  yaml: YamlFile,
  offset: number,
  path: string,
  message: string,
  detail: Detail = {},
): ConfigProblem {
  const { line, col } = yaml.lines.linePos(offset);
  return { file: yaml.file, line: Math.max(line, 1), column: Math.max(col, 1), path, message, ...detail };
}

/** A problem of the value at `path`; where the file does not hold it, at what is around it. */
export function problemOf(yaml: YamlFile, path: string, message: string, detail: Detail = {}): ConfigProblem {
  let known = path;
  while (known !== "" && !yaml.offsets.has(known)) {
    known = known.slice(0, Math.max(known.lastIndexOf("."), known.lastIndexOf("["), 0));
  }
  return problemAt(yaml, yaml.offsets.get(known) ?? 0, path, message, detail);
}

export function offsetOf(node: Node | null | undefined, fallback: number): number {
  return node?.range?.[0] ?? fallback;
}
