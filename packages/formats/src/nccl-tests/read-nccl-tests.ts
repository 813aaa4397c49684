import type { Collective } from "@lockstep/schemas/domain/operation";
import { collectiveName } from "../collective-lines/collective-name.ts";
import type { NcclTest, NcclTestsLog, TestError, TestRank, TestRow } from "./nccl-test.ts";
import { rowsIn } from "./test-row.ts";

const maxErrors = 100;
const maxErrorLength = 500;
const maxLine = 1 << 16;

const started = /# Collective test starting:\s*(\w+)/;
const parameters = /# nThread \d+/;
const average = /# Avg bus bandwidth\s*:\s*(\S+)/;
const concluded = /# Collective test concluded:/;
const outOfBounds = /# Out of bounds values\s*:\s*\d+\s+FAILED/;
const failure =
  /\b(fail(ed|ure|s)?|errors?|abort(ed|ing)?|fatal|cannot|unable|denied|killed|terminated|timed out|segmentation|not found|no such)\b/i;
const inFileName = /all_?reduce|all_?gather|reduce_?scatter|all_?to_?all|send_?recv|broadcast|gather|scatter|reduce/i;

type OpenTest = {
  collective: Collective | undefined;
  /** Where it began. */
  readonly line: number;
  parameters: boolean;
  readonly ranks: TestRank[];
  readonly rows: TestRow[];
  avgBusbwGBs: number | undefined;
};

/**
 * Reads a whole log of nccl-tests: one or several tests, the forms with and without the name of the collective (then it is
 * taken from `file`, the log's name, where that has one). Lines that tell of a failure, tests without results and a log
 * without any test come as errors, the first 100 of them.
 */
export function readNcclTests(text: string, file = ""): NcclTestsLog {
  const log = new Log(file);
  let line = 0;
  for (let from = 0; from < text.length; ) {
    const feed = text.indexOf("\n", from);
    const to = feed < 0 ? text.length : feed;
    log.read(text.slice(from, Math.min(to, from + maxLine)), ++line);
    from = to + 1;
  }
  return log.finish();
}

class Log {
  readonly #collectiveOfFile: Collective | undefined;
  readonly #tests: NcclTest[] = [];
  readonly #errors: TestError[] = [];
  #test: OpenTest | undefined;
  #firstText: TestError | undefined;

  constructor(file: string) {
    const found = inFileName.exec(file.replace(/^.*\//, ""));
    this.#collectiveOfFile = found === null ? undefined : collectiveName(found[0]);
  }

  read(line: string, number: number): void {
    if (line.trim() === "") return;
    this.#firstText ??= { line: number, text: line.trim() };
    this.#readStart(line, number);
    const ranks = ranksIn(line);
    for (const rank of ranks) this.#open(number).ranks.push(rank);
    const rows = rowsIn(line);
    for (const row of rows) this.#open(number).rows.push(row);
    const avg = average.exec(line);
    if (avg !== null && Number.isFinite(Number(avg[1]))) this.#open(number).avgBusbwGBs = Number(avg[1]);
    if (concluded.test(line)) this.#close();
    const told = ranks.length > 0 || rows.length > 0 || line.trimStart().startsWith("#");
    if (outOfBounds.test(line) || (!told && failure.test(line))) this.#error(number, line.trim());
  }

  #readStart(line: string, number: number): void {
    const start = started.exec(line);
    if (start !== null) {
      this.#close();
      this.#open(number).collective = collectiveName(start[1]!);
    }
    if (!parameters.test(line)) return;
    // The form without names tells a new test by its parameters only.
    if (this.#test?.parameters === true) this.#close();
    this.#open(number).parameters = true;
  }

  #open(line: number): OpenTest {
    this.#test ??= {
      collective: this.#collectiveOfFile,
      line,
      parameters: false,
      ranks: [],
      rows: [],
      avgBusbwGBs: undefined,
    };
    return this.#test;
  }

  #close(): void {
    const test = this.#test;
    this.#test = undefined;
    if (test === undefined) return;
    const { collective, ranks, rows, avgBusbwGBs } = test;
    if (rows.length > 0) this.#tests.push({ collective, ranks, rows, avgBusbwGBs });
    else
      this.#error(test.line, `the test that begins here (${collective ?? "of an unnamed collective"}) has no results`);
  }

  #error(line: number, text: string): void {
    if (this.#errors.length < maxErrors) this.#errors.push({ line, text: text.slice(0, maxErrorLength) });
  }

  finish(): NcclTestsLog {
    this.#close();
    if (this.#tests.length === 0 && this.#errors.length === 0) {
      const { line, text } = this.#firstText ?? { line: 1, text: "nothing" };
      this.#error(line, `found ${text.slice(0, 200)}, expected the output of an nccl-tests program`);
    }
    return { tests: this.#tests, errors: this.#errors };
  }
}

function ranksIn(line: string): TestRank[] {
  const rank = /Rank\s+(\d+)\s+(?:Group\s+\d+\s+)?Pid\s+(\d+)\s+on\s+(\S+)\s+device\s+(\d+)\s+\[([\da-fA-Fx:.]+)\]/g;
  return [...line.matchAll(rank)].map(([, number, pid, host, device, busId]) => ({
    rank: Number(number),
    host: host!,
    pid: Number(pid),
    device: Number(device),
    busId: busId!,
  }));
}
