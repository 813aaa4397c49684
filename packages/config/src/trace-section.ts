/** `lockstep: {traces, topology_file, mapping_file}`: which files of collective operations and GPU errors are followed. */
import type { PrometheusYml } from "@lockstep/schemas/files/prometheus-yml";
import { TRACE_KINDS, type TraceKind } from "@lockstep/schemas/files/prometheus-yml";
import type { TraceSection, TraceSource } from "./config.ts";
import { joinDirectory } from "./http-client.ts";
import { childPath } from "./problem.ts";
import { present, type Report } from "./report.ts";
import { openYaml } from "./yaml-file.ts";

type Raw = PrometheusYml["lockstep"];
type RawTrace = NonNullable<NonNullable<Raw>["traces"]>[number];

/** Their files say themselves whose they are, or are of a machine rather than of a job. */
const WITHOUT_JOB: ReadonlySet<TraceKind> = new Set(["inspector_prom", "kernel_log"]);

export function resolveTraces(raw: Raw, directory: string, report: Report): TraceSection {
  const taken = new Map<string, string>();
  const sources = present(raw?.traces).flatMap(([index, trace]) => {
    const path = childPath("lockstep.traces", index);
    const source = resolveTrace(trace, path, directory, report);
    if (source === undefined) return [];
    warnOfRepeated(source, `${path}.${source.kind}`, taken, report);
    return [source];
  });
  return {
    sources,
    ...(raw?.topology_file !== undefined && { topologyFile: joinDirectory(directory, raw.topology_file) }),
    ...(raw?.mapping_file !== undefined && { mappingFile: joinDirectory(directory, raw.mapping_file) }),
  };
}

/** Undefined where it is wrong beyond use, and reported. */
function resolveTrace(raw: RawTrace, path: string, directory: string, report: Report): TraceSource | undefined {
  const kinds = TRACE_KINDS.filter((kind) => raw[kind] !== undefined);
  const [kind] = kinds;
  if (kind === undefined) {
    const refused = TRACE_KINDS.some((each) => report.failed(`${path}.${each}`));
    if (!refused) report.error(path, "a trace without its files", { expected: `one of ${TRACE_KINDS.join(", ")}` });
    return undefined;
  }
  if (kinds.length > 1) {
    const expected = "one of them; each further one is an item of its own";
    report.error(path, "more than one kind of files in one trace", { found: kinds.join(" and "), expected });
  }
  const files = raw[kind]!;
  if (files.split("/").includes("**")) {
    const expected = "a * for each folder of the way: /traces/*/*.jsonl";
    report.error(`${path}.${kind}`, "** is not known here", { found: JSON.stringify(files), expected });
  }
  if (raw.job !== undefined && WITHOUT_JOB.has(kind)) {
    report.error(`${path}.job`, `${kind} takes no job`, { expected: "this key left out" });
  }
  return { kind, files: joinDirectory(directory, files), ...(raw.job !== undefined && { job: raw.job }) };
}

/** A file is followed once, for the trace that is named first. */
function warnOfRepeated(source: TraceSource, path: string, taken: Map<string, string>, report: Report): void {
  const first = taken.get(source.files);
  if (first !== undefined) report.warn(path, `these files are read for ${first} already, and not once more for this`);
  else taken.set(source.files, path);
}

export type MappingContent =
  | { readonly ok: true; readonly content: unknown }
  | { readonly ok: false; readonly message: string };

/** The content of a mapping file, YAML or JSON, not looked into; `file` names it in the message. */
export function readMappingYaml(text: string, file: string): MappingContent {
  const { document, errors } = openYaml(text, file);
  const [error] = errors;
  if (error !== undefined) return { ok: false, message: `${file}:${error.line}:${error.column}: ${error.message}` };
  // A few lines of aliases can stand for gigabytes.
  return { ok: true, content: document.toJS({ maxAliasCount: 100 }) };
}
