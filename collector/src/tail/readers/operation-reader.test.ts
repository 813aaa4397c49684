import type { StepRow } from "@lockstep/analysis/fold/step-row";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Outbox } from "../outbox.ts";
import type { TraceSink } from "../trace-sink.ts";
import { sourceOf } from "./sources.ts";
import { openProcessFold } from "./step-fold.ts";

const STEPS = 40;

/** A step: four all-reduces in a tensor-parallel group, one reduce-scatter in a data-parallel one; some lines are bad. */
function trace(dated: boolean): string[] {
  const lines: string[] = [];
  const record = (id: string, coll: string, seq: number, at: number, exec: number) => {
    const kernel = [{ channel_id: 0, kernel_start_ts: at, kernel_stop_ts: at + exec, kernel_record_ts: at + exec }];
    const stamps = { event_trace_ts: { coll_start_ts: at - 5, coll_stop_ts: at, kernel_events: kernel } };
    const perf = { coll, coll_sn: seq, coll_msg_size_bytes: 1 << 20, coll_exec_time_us: exec, ...(dated && stamps) };
    const header = { id, rank: 1, n_ranks: 4, nnodes: 1 };
    const metadata = { dump_timestamp_us: at + 1e6, hostname: "n", pid: 7 };
    lines.push(`${JSON.stringify({ header, metadata, coll_perf: perf })}\n`);
  };
  for (let step = 0; step < STEPS; step++) {
    const began = 1.76e15 + step * 2e6;
    for (let i = 0; i < 4; i++) record("0x1", "AllReduce", step * 4 + i, began + i * 2e5, 900 + ((step * 7 + i) % 50));
    record("0x2", "ReduceScatter", step, began + 1e6, 40_000 + step);
    if (step % 9 === 5) lines.push("{cut\n");
  }
  return lines;
}

type Act = { readonly lines: number; readonly next: "note" | "kill" | "go" };

/** Rows by their key, after the acts and a flush; a row that comes again must be the same. */
async function rowsOf(lines: readonly string[], acts: readonly Act[]): Promise<Map<string, StepRow>> {
  const rows = new Map<string, StepRow>();
  const outbox = new Outbox();
  const sink = { steps: async (given: StepRow[]) => given.forEach(keep) } as unknown as TraceSink;
  const keep = (row: StepRow) => {
    const key = [row.communicator, row.collective, row.run, row.step, row.peer].join(" ");
    if (rows.has(key)) expect(row, key).toEqual(rows.get(key));
    rows.set(key, row);
  };
  const machine = { name: "n", offsetMinutes: 0, now: () => 0, bootedAt: 0 };
  const options = { outbox, openFold: openProcessFold, machine, tell: () => {}, folding: new Set<never>() };
  const source = sourceOf({ kind: "inspector", files: "/x/", job: "j" }, "traces[0]", options as never);
  if (source.follows !== "lines") throw new Error("inspector files are followed by lines");
  const { open } = source;
  let noted = { at: 0, snapshot: undefined as string | undefined };
  let reader = open("/x/n-pid7.log", undefined);
  let at = 0;
  const read = (count: number) => {
    reader.push(Buffer.from(lines.slice(at, at + count).join("")));
    at = Math.min(at + count, lines.length);
  };
  for (const act of acts) {
    read(act.lines);
    await outbox.deliver(sink);
    if (act.next === "note") noted = { at, snapshot: reader.snapshot() };
    if (act.next !== "kill") continue;
    reader = open("/x/n-pid7.log", noted.snapshot);
    at = noted.at;
  }
  read(lines.length);
  reader.idle();
  await outbox.deliver(sink);
  return rows;
}

describe.each([
  ["dated", true],
  ["not dated", false],
] as const)("operations that are %s", (_, dated) => {
  const lines = trace(dated);

  test("become a row for each collective of each step", async () => {
    const rows = [...(await rowsOf(lines, [])).values()];
    const of = (collective: string) => rows.filter((row) => row.collective === collective && !row.odd);
    expect(of("AllReduce").length).toBeGreaterThan(STEPS - 4);
    expect(of("ReduceScatter").length).toBeGreaterThan(STEPS - 4);
    expect(of("AllReduce").every(({ exec_us }) => exec_us.length === 4)).toBe(true);
  });

  test("give the same rows, whenever it is noted and killed", async () => {
    const whole = await rowsOf(lines, []);
    const act = fc.record({
      lines: fc.nat(60),
      next: fc.constantFrom("note" as const, "kill" as const, "go" as const),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 12 }), async (acts) => {
        expect(await rowsOf(lines, acts)).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });
});
