/** `lockstep analyze`: a verdict on files, with no database and nothing running; for a laptop in the middle of an incident. */
import { statSync } from "node:fs";
import { parseArgs } from "node:util";
import { judgeBandwidth } from "@lockstep/analysis/bandwidth/judge-bandwidth";
import { foldOperations } from "@lockstep/analysis/fold/window-from-operations";
import { judgeHang } from "@lockstep/analysis/hang/judge-hang";
import { judgeRas } from "@lockstep/analysis/ras/judge-ras";
import { judgeTrace } from "@lockstep/analysis/replay/judge-trace";
import { judgeRun } from "@lockstep/analysis/straggler/judge-run";
import type { TopologyHints } from "@lockstep/analysis/topology/infer-topology";
import type { FlightRecorderDump } from "@lockstep/formats/flight-recorder/dump";
import { readFlightRecorder } from "@lockstep/formats/flight-recorder/read-flight-recorder";
import type { Finding, Verdict } from "@lockstep/schemas/domain/finding";
import type { Operation } from "@lockstep/schemas/domain/operation";
import type { StartSurroundings } from "../start/start.ts";
import { StartError } from "../start/start-error.ts";
import { judgeRca, rcaJson, rcaText } from "./rca.ts";
import { readTraces, type Traces, unknownText } from "./read-traces.ts";
import { recognise } from "./recognise.ts";
import { contentOf, messageOf, type TraceFile, traceFiles } from "./trace-files.ts";
import { verdictText } from "./verdict-text.ts";

const help = `lockstep analyze: which rank, node, stage or link holds a job up, by files alone

  collectives FILE|DIR...      NCCL Inspector lines (.log, .jsonl, .gz), collective lines, recorded runs,
                               logs of nccl-tests, parquet traces of steps: all ranks of a job together;
                               reports of NCCL's RAS (ncclras -f json): two, some seconds apart
  flight-recorder DIR|FILE...  PyTorch Flight Recorder dumps, pickled or JSON, one a rank
  rca DIR                      a recorded case of a slow or failing service: target.json and metrics.csv, with
                               graph.csv and noissue/metrics.csv in a folder above: what stands behind it

  --json                       {"findings": [...]} on stdout, for programs
  --job NAME                   default: the job that the files or their folder name

It needs no database, no network and no configuration. Exit code 0: judged (with or without findings); 1: nothing could
be judged; 2: the command line is wrong.
`;

const flags = { json: { type: "boolean" }, job: { type: "string" }, help: { type: "boolean" } } as const;

/** Files are read in a moment; where there are many, say how far it is. */
const PROGRESS_MS = 2_000;

type Asked = { readonly what: string; readonly files: readonly TraceFile[]; readonly job: string | undefined };
type Judged = { readonly verdicts: readonly Verdict[]; readonly problems: readonly string[] };

export async function analyze(argv: readonly string[], { cwd, print }: StartSurroundings): Promise<number> {
  const { values, positionals } = readArgs(argv);
  const [what, ...paths] = positionals;
  if (values.help || what === undefined) {
    print(help);
    return values.help ? 0 : 2;
  }
  if (what === "rca") return analyzeRca(paths, values.json === true, { cwd, print });
  const judge = { collectives: judgeCollectives, "flight-recorder": judgeFlightRecorder }[what];
  if (judge === undefined) throw new StartError(`analyze: unknown "${what}"\n\n${help}`, { exitCode: 2 });
  if (paths.length === 0) throw new StartError(`analyze ${what}: name files or folders`, { exitCode: 2 });
  const { verdicts, problems } = await judge({ what, files: traceFiles(paths, cwd), job: values.job });
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (values.json) print(JSON.stringify(asJson(verdicts), undefined, 2));
  else for (const line of verdictText(verdicts)) print(line);
  return verdicts.some(({ not_enough_data }) => not_enough_data === undefined) ? 0 : 1;
}

function analyzeRca(paths: readonly string[], json: boolean, { cwd, print }: Pick<StartSurroundings, "cwd" | "print">) {
  const [path, ...more] = paths;
  if (path === undefined || more.length > 0) throw new StartError("analyze rca: name one folder", { exitCode: 2 });
  const verdict = judgeRca(path, cwd);
  if (json) print(JSON.stringify(rcaJson(verdict), undefined, 2));
  else for (const line of rcaText(verdict)) print(line);
  return verdict.ranking.length > 0 ? 0 : 1;
}

function readArgs(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: flags, allowPositionals: true });
  } catch (error) {
    throw new StartError(`analyze: ${messageOf(error)}`, { exitCode: 2 });
  }
}

function asJson(verdicts: readonly Verdict[]) {
  const unjudged = verdicts.flatMap(({ job, not_enough_data: reason }) =>
    reason === undefined ? [] : [{ job, reason }],
  );
  return {
    findings: verdicts.flatMap(({ findings }) => findings.map(flat)),
    ...(unjudged.length > 0 && { not_enough_data: unjudged }),
  };
}

/** Programs compare a cause's code; its sentence stands beside it. */
function flat({ cause, ...finding }: Finding) {
  return { ...finding, cause: cause.code, cause_text: cause.text };
}

async function judgeCollectives({ files, job }: Asked): Promise<Judged> {
  const traces = await readTraces(files, job, progress(files.length));
  const verdicts = [
    ...judgeOperations(traces.operations, hintsOf(traces)),
    ...(traces.ras.length > 0 ? [judgeRas(traces.ras, job)] : []),
    ...(traces.tests.length > 0 ? [judgeBandwidth(traces.tests, job)] : []),
    ...traces.stepTraces.map(({ job: name, trace }) => judgeTrace(trace, name).verdict),
  ];
  return { verdicts: verdicts.length > 0 ? verdicts : [nothingIn(traces, job)], problems: traces.problems };
}

function nothingIn({ counts }: Traces, job = ""): Verdict {
  const seen = Object.entries(counts).map(([kind, files]) => `${files} ${kind}`);
  const found = seen.length > 0 ? `files of ${seen.join(", ")} without a single operation` : "no file of a known form";
  return { job, findings: [], not_enough_data: `found ${found}; see \`lockstep analyze --help\` for the forms` };
}

/** Who is in which communicator, by files that only tell that. */
function hintsOf({ ras, topology }: Traces): TopologyHints {
  const members = ras.flatMap(({ communicators }) =>
    communicators.map(({ id, members: told }): [string, Map<number, string>] => [
      id,
      new Map(told.filter(({ host, pid }) => host && pid).map(({ rank, host, pid }) => [rank, `${host}/${pid}`])),
    ]),
  );
  return { members: new Map(members), ...(topology !== undefined && { ranks: topology }) };
}

function judgeOperations(operations: readonly Operation[], hints: TopologyHints): Verdict[] {
  if (operations.length === 0) return [];
  const { starts, notEnoughData } = foldOperations(operations, hints);
  const judged = starts.map((windows) => judgeRun(windows));
  const unjudged = [...notEnoughData].filter(([job]) => judged.every((verdict) => verdict.job !== job));
  return [...judged, ...unjudged.map(([job, reasons]) => ({ job, findings: [], not_enough_data: summed(reasons) }))];
}

/** Each process has its reason, and mostly they are all the same. */
function summed(reasons: readonly string[]): string {
  const [first = "no step could be told from the operations", ...others] = [...new Set(reasons)];
  return others.length === 0 ? first : `${first} (and ${others.length} other reasons)`;
}

async function judgeFlightRecorder({ files, job }: Asked): Promise<Judged> {
  const problems: string[] = [];
  const unknown: string[] = [];
  const dumps: FlightRecorderDump[] = [];
  const tell = progress(files.length);
  for (const [index, file] of files.entries()) {
    tell(index);
    try {
      const content = contentOf(file);
      if (recognise(content) === "flight_recorder") dumps.push(readFlightRecorder(file.name, content));
      else unknown.push(file.name);
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  problems.push(...unknownText(unknown, "Flight Recorder dumps, pickled or JSON"));
  // What was entered a moment before the dumps were written is work under way; a copy is only ever younger.
  const takenAtUs = Math.max(...files.map(({ path }) => statSync(path).mtimeMs)) * 1000;
  const verdict = judgeHang(dumps, { job: job ?? files[0]?.folder ?? "", takenAtUs });
  return { verdicts: [verdict], problems };
}

function progress(files: number): (index: number) => void {
  let told = Date.now();
  return (index) => {
    if (Date.now() - told < PROGRESS_MS) return;
    told = Date.now();
    process.stderr.write(`reading file ${index + 1} of ${files}\n`);
  };
}
