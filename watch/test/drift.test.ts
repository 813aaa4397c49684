/** Simulated models on the real engine, window by window as they come in: what is planted is found, when it began, and nothing else. */
import type { Observed } from "@lockstep/schemas/domain/observed";
import { featureWindows } from "@lockstep/schemas/queries/feature-windows";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Engine, findingsOf, newWatch, post, startEngine } from "./model-world.ts";
import { categories, draws, lengths, observed, WINDOW } from "./simulated-models.ts";

const REPLICAS = ["pod-0", "pod-1", "pod-2"];
const ROWS = 600;
const BEGINS = Math.floor(Date.now() / WINDOW) * WINDOW - 60 * WINDOW;
const SHIFT = { from: 30, to: 36 };
const BROKEN = { from: 20, to: 40, replica: "pod-1" };
const MISSING = { from: 25, to: 28 };
const DEPLOYED = 24;
const LATE = { window: 18, at: 22 };
const WINDOWS = 46;
const OUTPUTS = { stop: 0.6, length: 0.3, error: 0.1 };
let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
}, 60_000);

afterAll(() => engine?.end());

function within({ from, to }: { from: number; to: number }, window: number): boolean {
  return window >= from && window < to;
}

/** `shifted`: all of it at once. `broken`: one replica. `gaps`: a feature goes missing. `deployed`: another version answers otherwise. `calm`: nothing. */
function windowOf(window: number): Observed[] {
  const since = BEGINS + window * WINDOW;
  return ["shifted", "broken", "gaps", "deployed", "calm"].flatMap((model, at) =>
    REPLICAS.flatMap((replica, place) => {
      const draw = draws(window * 1000 + at * 100 + place);
      const away =
        (model === "shifted" && within(SHIFT, window)) ||
        (model === "broken" && replica === BROKEN.replica && within(BROKEN, window));
      const gap = model === "gaps" && within(MISSING, window) ? 250 : 12;
      const version = model === "deployed" ? (window < DEPLOYED ? "1" : "2") : "";
      const outputs = version === "2" ? { stop: 0.3, length: 0.6, error: 0.1 } : OUTPUTS;
      const seen = (feature: string, more: object) =>
        observed(model, replica, since, { feature, ...more } as never, version);
      return [
        seen("prompt_tokens", { kind: "input", cells: lengths(draw, ROWS, away ? 190 : 110) }),
        seen("country", {
          kind: "input",
          cells: categories(draw, ROWS - gap, { de: 0.5, fr: 0.3, it: 0.2 }),
          missing: gap,
        }),
        seen("output", { kind: "prediction", cells: categories(draw, ROWS, outputs) }),
        seen("e2e_seconds", { kind: "latency", cells: lengths(draw, ROWS, 60) }),
      ];
    }),
  );
}

test("what is planted is found, and nothing else", { timeout: 240_000 }, async () => {
  const { store } = engine;
  let watch = newWatch(store);
  for (let window = 0; window < WINDOWS; window++) {
    const end = BEGINS + (window + 1) * WINDOW;
    const isLate = ({ model, replica }: Observed) =>
      window === LATE.window && model === "calm" && replica === REPLICAS[0];
    const rows = windowOf(window);
    await post(
      store,
      rows.filter((row) => !isLate(row)),
      "observations",
      end + 5_000,
    );
    if (window === LATE.at) {
      const late = windowOf(LATE.window).filter(({ model, replica }) => model === "calm" && replica === REPLICAS[0]);
      await post(store, late, "observations", end - WINDOW);
    }
    // Another one leads, in the middle of what was planted.
    if (window === SHIFT.from + 3) watch = newWatch(store);
    await watch.run(end + 45_000);
  }
  const at = (ms: number | null) => (ms === null ? null : (ms - BEGINS) / WINDOW);
  const told = async (model: string) =>
    (await findingsOf(store, model)).map(({ kind, feature, opened, closed, detail }) => {
      return { kind, feature, replica: detail.replica, opened: at(opened), closed: at(closed) };
    });
  expect(await told("calm")).toEqual([]);
  expect(await told("shifted")).toEqual([
    { kind: "drift", feature: "prompt_tokens", replica: undefined, opened: SHIFT.from, closed: SHIFT.to },
  ]);
  expect(await told("broken")).toEqual([
    { kind: "broken_replica", feature: "prompt_tokens", replica: "pod-1", opened: BROKEN.from, closed: BROKEN.to },
  ]);
  expect(await told("gaps")).toEqual([
    { kind: "data_quality", feature: "country", replica: undefined, opened: MISSING.from, closed: MISSING.to },
  ]);
  const of = {
    model: "calm",
    kind: "input",
    feature: "prompt_tokens",
    fromMs: BEGINS,
    toMs: BEGINS + WINDOWS * WINDOW,
  };
  const windows = await store.read(featureWindows({ ...of, limit: 2000 }));
  const all = windows.filter(({ baseline }) => baseline === "season");
  // Before there are twelve, the verdict says what is missing; what came late is counted.
  expect(all.length).toBe(WINDOWS);
  const first = all.filter(({ verdict }) => verdict === "not_enough_data");
  expect(first.map((row) => row.reason)[3]).toBe(
    "prompt_tokens: not enough data: 3 of 12 windows to compare with are there; wait for them, or give a reference: lockstep baseline create calm --from FILE",
  );
  expect(first).toHaveLength(12);
  expect(new Set(all.map(({ nCurrent }) => nCurrent))).toEqual(new Set([3 * ROWS]));
  expect([...watch.models.shown.keys()].sort()).toEqual(["broken", "calm", "deployed", "gaps", "shifted"]);
});
