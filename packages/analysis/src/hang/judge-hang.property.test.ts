import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeHang } from "./judge-hang.ts";
import { lastDoings } from "./last-doings.ts";
import { type DumpOptions, dumpsOf } from "./test/simulated-dump.ts";
import { type Call, type Fault, makeProgram, type Outcome, type Program, run } from "./test/simulated-job.ts";

const layout = fc.record({
  tp: fc.constantFrom(1, 2, 4),
  dp: fc.constantFrom(2, 3, 4),
  pp: fc.constantFrom(1, 2, 3),
});
const programs = fc
  .tuple(
    layout,
    fc.record({
      steps: fc.integer({ min: 3, max: 6 }),
      blocking: fc.boolean(),
      messages: fc.constantFrom("pairs", "chain", "batches", "none"),
      world: fc.boolean(),
    }),
  )
  .map(([shape, options]) => makeProgram(shape, options));
const dumps: fc.Arbitrary<DumpOptions> = fc
  .record({
    backend: fc.constantFrom<DumpOptions["backend"][]>("nccl", "gloo"),
    timing: fc.boolean(),
    ring: fc.constantFrom(20, 60, 2000),
    onlyActive: fc.boolean(),
    status: fc.boolean(),
  })
  // Versions that can leave completed operations out all tell the status.
  .map((options) => ({ ...options, status: options.status || options.onlyActive }));
const runs = { numRuns: 300 };

/** A place in the program of a rank, in its middle half. */
function placeIn(program: Program): fc.Arbitrary<{ rank: number; at: number }> {
  return fc.integer({ min: 0, max: program.ranks - 1 }).chain((rank) => {
    const { length } = program.calls[rank]!;
    return fc.record({
      rank: fc.constant(rank),
      at: fc.integer({ min: Math.ceil(length / 4), max: Math.floor((length * 3) / 4) }),
    });
  });
}

const streams = fc.constantFrom<("one" | "each group")[]>("one", "each group");

function judged(outcome: Outcome, options: DumpOptions) {
  const verdict = judgeHang(dumpsOf(outcome, options));
  return { verdict, named: verdict.findings.flatMap(({ rank }) => rank ?? []).toSorted((a, b) => a - b) };
}

const anyoneWaits = ({ done }: Outcome) => done.some((own) => own.some(({ completed }) => !completed));

test("a job that ran to its end, or pauses between steps, has no finding", () => {
  fc.assert(
    fc.property(programs, dumps, streams, (program, options, gpu) => {
      const { verdict } = judged(run(program, { kind: "none" }, gpu), options);
      expect(verdict.findings).toEqual([]);
    }),
    runs,
  );
});

test("the rank that stopped is named and nobody else, with and without its dump", () => {
  fc.assert(
    fc.property(
      programs.chain((program) => fc.tuple(fc.constant(program), placeIn(program), fc.boolean())),
      dumps,
      streams,
      ([program, place, dump], options, gpu) => {
        const outcome = run(program, { kind: "stop", stops: [{ ...place, dump }] }, gpu);
        fc.pre(anyoneWaits(outcome));
        const { verdict, named } = judged(outcome, options);
        expect({ named, findings: verdict.findings.map(({ summary }) => summary) }).toMatchObject({
          named: [place.rank],
        });
      },
    ),
    runs,
  );
});

test("two jobs' worth of unrelated groups: both ranks that stopped are named", () => {
  const unrelated = fc
    .record({ ranks: fc.integer({ min: 2, max: 4 }), steps: fc.integer({ min: 3, max: 5 }) })
    .map(({ ranks, steps }) =>
      makeProgram({ tp: ranks, dp: 2, pp: 1 }, { steps, blocking: true, messages: "none", world: false }),
    )
    .map((program) => ({
      ...program,
      calls: program.calls.map((own) => own.filter(({ group }) => group.description === "TENSOR")),
    }));
  fc.assert(
    fc.property(
      unrelated.chain((program) => {
        const half = program.ranks / 2;
        const member = fc.integer({ min: 0, max: half - 1 });
        return fc.tuple(
          fc.constant(program),
          member,
          member.map((rank) => rank + half),
          fc.integer({ min: 1, max: 7 }),
        );
      }),
      dumps,
      streams,
      ([program, first, second, at], options, gpu) => {
        const stops = [first, second].map((rank, index) => ({ rank, at: at + index, dump: true }));
        expect(judged(run(program, { kind: "stop", stops }, gpu), options).named).toEqual([first, second]);
      },
    ),
    { numRuns: 100 },
  );
});

test("a GPU that stopped: its rank or its group, never another rank", () => {
  fc.assert(
    fc.property(
      programs.chain((program) => fc.tuple(fc.constant(program), placeIn(program), fc.integer({ min: 0, max: 3 }))),
      dumps,
      streams,
      ([program, place, more], options, gpu) => {
        const outcome = run(program, { kind: "gpu", ...place, more }, gpu);
        fc.pre(anyoneWaits(outcome));
        const { verdict, named } = judged(outcome, options);
        expect(verdict.findings.length).toBeGreaterThan(0);
        for (const rank of named) expect(rank).toBe(place.rank);
        const call = program.calls[place.rank]![place.at]!;
        const told = options.timing && options.backend === "nccl" && call.peer === undefined;
        if (told && call.group.ranks.length > 2) expect(named).toEqual([place.rank]);
      },
    ),
    runs,
  );
});

test("a network that stopped: the group is found and no rank is blamed", () => {
  fc.assert(
    fc.property(
      programs.chain((program) => fc.tuple(fc.constant(program), placeIn(program))),
      dumps,
      streams,
      ([program, place], options, gpu) => {
        const outcome = run(program, { kind: "network", ...place }, gpu);
        const { verdict, named } = judged(outcome, options);
        expect({ named, findings: verdict.findings.map(({ summary }) => summary) }).toMatchObject({ named: [] });
        expect(verdict.findings).toMatchObject([{ kind: "hang", cause: { code: "communication" } }]);
      },
    ),
    runs,
  );
});

test("a rank that called something else is named where there is a majority", () => {
  const other = fc.constantFrom<Partial<Call>[]>({ collective: "Broadcast" }, { elements: 77 }, { dtype: "Float" });
  fc.assert(
    fc.property(
      programs.chain((program) => fc.tuple(fc.constant(program), placeIn(program), other)),
      dumps,
      streams,
      ([program, place, call], options, gpu) => {
        const usual = program.calls[place.rank]![place.at]!;
        // A barrier has no size that could differ.
        fc.pre(usual.peer === undefined && (usual.collective !== "Barrier" || call.elements === undefined));
        const fault: Fault = { kind: "mismatch", ...place, call };
        // An operation that left the ring can no longer be compared.
        const { verdict } = judged(run(program, fault, gpu), { ...options, ring: 2000 });
        const expected = usual.group.ranks.length > 2 ? { rank: place.rank } : {};
        expect(verdict.findings).toMatchObject([{ kind: "mismatch", ...expected }]);
        expect("rank" in verdict.findings[0]!).toBe(usual.group.ranks.length > 2);
      },
    ),
    runs,
  );
});

test("a dump that got lost makes its rank no culprit", () => {
  fc.assert(
    fc.property(
      programs.chain((program) =>
        fc.tuple(fc.constant(program), placeIn(program), fc.integer({ min: 0, max: program.ranks - 1 })),
      ),
      dumps,
      streams,
      ([program, place, lost], options, gpu) => {
        const outcome = run(program, { kind: "stop", stops: [{ ...place, dump: true }] }, gpu);
        fc.pre(lost !== place.rank && anyoneWaits(outcome));
        const { verdict, named } = judged({ ...outcome, silent: new Set([lost]) }, options);
        for (const rank of named) expect(rank).toBe(place.rank);
        expect(verdict.not_enough_data).toMatch(new RegExp(`no dump of rank ${lost}:`));
      },
    ),
    runs,
  );
});

test("what each rank last did is told for every rank of the job", () => {
  fc.assert(
    fc.property(
      programs.chain((program) => fc.tuple(fc.constant(program), placeIn(program))),
      dumps,
      streams,
      ([program, place], options, gpu) => {
        const outcome = run(program, { kind: "stop", stops: [{ ...place, dump: false }] }, gpu);
        const doings = lastDoings(dumpsOf(outcome, options));
        expect(doings.map(({ rank }) => rank)).toEqual(program.calls.map((_, rank) => rank));
        expect(doings[place.rank]).toMatchObject({ state: "no dump", waitsFor: [] });
      },
    ),
    { numRuns: 50 },
  );
});
