import type { FlightRecorderDump } from "@lockstep/formats/flight-recorder/dump";
import { textOfDump } from "@lockstep/formats/flight-recorder/dump-text";
import type { Query } from "@lockstep/schemas/queries/query";
import { expect, test } from "vitest";
import { noModels } from "../../../test/no-models.ts";
import { simulatedDumps } from "../../../test/simulated-dumps.ts";
import { Detection, type DetectStore } from "../detection.ts";
import { ModelBoard } from "../drift/model-board.ts";
import { PlaceFiles } from "../places/place-files.ts";
import { createWindowJudge } from "../straggler/window-judge.ts";
import { VerdictBoard } from "../verdicts/verdict-board.ts";
import { hangTask } from "./hang-task.ts";

const AT = 1_800_000_000_000;
const dumps = (entered: readonly number[]) => simulatedDumps(4, entered, AT);
const never = new AbortController().signal;

/** A store that answers by the query's name and keeps what is written. */
function world() {
  const answers: Record<string, readonly unknown[]> = {};
  const findings = new Map<string, Record<string, unknown>>();
  const store = {
    read: async ({ name }: Query<unknown>) => answers[name] ?? [],
    async insertRows(_: string, rows: readonly Record<string, unknown>[]) {
      for (const row of rows) findings.set(String(row["id"]), row);
    },
  } as unknown as DetectStore;
  const make = () =>
    new Detection({
      store,
      files: new PlaceFiles(undefined, () => {}),
      board: new VerdictBoard(),
      judge: createWindowJudge(store),
      drift: noModels,
      models: new ModelBoard(),
      atStart: new Map(),
    });
  const state = { detection: make() };
  const task = hangTask(() => state.detection);
  const dumped = (written: readonly FlightRecorderDump[], at: number, seen = at) => {
    answers["flightDumpsJobs"] = [{ job: "a", ranks: written.length, newestAt: at, newestSeen: seen }];
    answers["jobHangDumps"] = written.map((dump) => ({ rank: dump.rank, node: "", at, dump: textOfDump(dump) }));
  };
  const heard = (lastAt: number, now: number) =>
    state.detection.jobs.heard([{ job: "a", processes: 4, lastAt, stepUs: 1_000_000 }], now, new Map());
  const restart = () => {
    const open = [...findings.values()].filter(({ closed }) => closed === null);
    answers["openFindings"] = open.map(({ id, job, opened, waste_gpu_seconds, detail, updated }) => ({
      id,
      job,
      opened,
      wasteGpuSeconds: waste_gpu_seconds,
      detail,
      updated,
    }));
    state.detection = make();
  };
  const job = () => state.detection.detail().jobs![0]!;
  return { findings, dumped, heard, restart, job, state, run: (now: number) => task.run(now, never) };
}

const shown = (findings: ReadonlyMap<string, Record<string, unknown>>) =>
  [...findings.values()].map(({ kind, rank, cause, closed }) => ({ kind, rank, cause, closed }));

test("who never entered is named once, through a restart, until the job goes on", async () => {
  const { findings, dumped, heard, restart, job, state, run } = world();
  heard(AT - 60_000, AT);
  dumped(dumps([0, 1, 3]), AT);
  await run(AT + 5_000);
  expect(findings.size).toBe(0); // more dumps may come
  await run(AT + 15_000);
  expect(shown(findings)).toEqual([{ kind: "hang", rank: 2, cause: "never_entered", closed: null }]);
  expect(job()).toMatchObject({ progress: "hang", notEnoughData: [] });
  expect(state.detection.board.jobs.get("a")!.hangs).toBe(true);
  restart();
  heard(AT - 60_000, AT + 20_000);
  dumped(dumps([0, 1, 3]), AT, AT + 1_000);
  await run(AT + 25_000);
  expect(findings.size).toBe(1);
  heard(AT + 40_000, AT + 41_000);
  await run(AT + 45_000);
  expect(shown(findings)).toEqual([{ kind: "hang", rank: 2, cause: "never_entered", closed: AT + 40_000 }]);
  expect(job()).toMatchObject({ progress: "steps", notEnoughData: [] });
  expect(state.detection.board.jobs.get("a")!.hangs).toBe(false);
});

test("what later dumps say no more is taken back", async () => {
  const { findings, dumped, heard, run } = world();
  heard(AT - 60_000, AT);
  dumped(dumps([0, 1, 3]), AT);
  await run(AT + 15_000);
  dumped(dumps([0, 2, 3]), AT + 20_000);
  await run(AT + 35_000);
  expect(shown(findings)).toEqual([
    { kind: "hang", rank: 2, cause: "never_entered", closed: AT + 20_000 },
    { kind: "hang", rank: 1, cause: "never_entered", closed: null },
  ]);
});

test("a job of which only dumps are known", async () => {
  const { findings, dumped, state, run } = world();
  dumped(dumps([0, 1, 3]), AT);
  await run(AT + 15_000);
  expect(shown(findings)).toMatchObject([{ rank: 2, closed: null }]);
  expect(state.detection.board.jobs.get("a")!.hangs).toBe(true);
  await run(AT + 7 * 3_600_000);
  expect(shown(findings)).toMatchObject([{ rank: 2, closed: AT + 7 * 3_600_000 }]);
});

test("a pause is no hang: nobody waits in an operation, or nothing tells", async () => {
  const { findings, dumped, heard, job, state, run } = world();
  heard(AT - 20_000, AT);
  await run(AT);
  expect(job()).toMatchObject({ progress: "steps", notEnoughData: [] });
  heard(AT - 65_000, AT);
  await run(AT);
  expect(job().progress).toBe("silent");
  expect(job().notEnoughData[0]).toMatch(
    /^no step for 65 s, which a pause, an end and a hang look like: .* set TORCH_FR/,
  );
  dumped(dumps([]), AT);
  await run(AT + 15_000);
  expect(job().notEnoughData[0]).toBe(
    "no step for 80 s, and by the dumps no rank waits in an operation: a pause or the end of the job",
  );
  expect(findings.size).toBe(0);
  expect(state.detection.board.jobs.get("a")?.hangs).toBeUndefined();
});

test("dumps of a job that went on afterwards are left alone", async () => {
  const { findings, dumped, heard, job, run } = world();
  heard(AT + 5_000, AT + 6_000);
  dumped(dumps([0, 1, 3]), AT);
  await run(AT + 15_000);
  expect(findings.size).toBe(0);
  expect(job().progress).toBe("steps");
});

test("one job's bad dump is told, and the others are judged", async () => {
  const { findings, heard, run, state } = world();
  heard(AT - 60_000, AT);
  const read = state.detection.store.read;
  const answers: Record<string, readonly unknown[]> = {
    flightDumpsJobs: ["bad", "a"].map((job) => ({ job, ranks: 4, newestAt: AT, newestSeen: AT })),
  };
  state.detection.store.read = (async (query: Query<unknown>) => {
    const { name, params } = query;
    if (name !== "jobHangDumps") return answers[name] ?? read(query as never);
    if (params["job"] === "bad") return [{ rank: 0, node: "", at: AT, dump: "{" }];
    return dumps([0, 1, 3]).map((dump) => ({ rank: dump.rank, node: "", at: AT, dump: textOfDump(dump) }));
  }) as DetectStore["read"];
  await expect(run(AT + 15_000)).rejects.toThrow("JSON");
  expect(shown(findings)).toMatchObject([{ rank: 2 }]);
});

test("tasks that begin together take up what is open once", async () => {
  const { detection } = world().state;
  let asked = 0;
  const read = detection.store.read;
  detection.store.read = ((query: Query<unknown>) => {
    if (query.name !== "openFindings") return read(query as never);
    asked++;
    return asked === 1 ? Promise.reject(new Error("away")) : Promise.resolve([]);
  }) as DetectStore["read"];
  await Promise.all([0, 1].map(() => expect(detection.resume(AT)).rejects.toThrow("away")));
  await Promise.all([detection.resume(AT), detection.resume(AT)]);
  expect(asked).toBe(2);
});
