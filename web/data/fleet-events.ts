import "server-only";
import { LOOKBACK_MS } from "@lockstep/schemas/domain/sample";
import type { GpuSeriesRow } from "@lockstep/schemas/queries/cluster-gpu-series";
import type { TargetUpRow } from "@lockstep/schemas/queries/cluster-up";
import { type Condition, fleetSpells, MAX_SPELL_ROWS, type SpellRow } from "@lockstep/schemas/queries/fleet-spells";
import { THERMAL_BITS } from "../fleet/clock-reasons.ts";
import { eventList, type FleetEvent, type Subject } from "../fleet/events.ts";
import { type Gpu, gpuKey } from "../fleet/gpu.ts";
import { metricsOf } from "../fleet/quantities.ts";
import { spellsOf } from "../fleet/spells.ts";
import { gridOf, type RangeState, resolveRange } from "../url/range.ts";
import { readGpus } from "./fleet.ts";
import { getStore } from "./store.ts";

export type FleetEvents = {
  /** Unix ms: the end of the range. */
  readonly atMs: number;
  /** The newest first. */
  readonly events: readonly FleetEvent[];
  /** How many there were; null: more than could be counted. */
  readonly total: number | null;
};

const MAX_EVENTS = 100;

/** What was wrong in the range, ended or not: thermal throttling, XID errors, targets with GPUs that could not be scraped. */
export async function readFleetEvents(state: RangeState, nowMs: number): Promise<FleetEvents> {
  const range = resolveRange(state, nowMs);
  const { stepMs } = gridOf(range);
  // Looked at from a little earlier on, to tell what began before the range from what began in it.
  const grid = { fromMs: range.fromMs - LOOKBACK_MS, toMs: range.toMs, stepMs };
  const store = getStore();
  const ask = (metrics: readonly string[], condition: Condition) =>
    store.read(fleetSpells({ scope: { metrics }, condition, grid }));
  const [{ gpus, series, up }, throttled, xid, down] = await Promise.all([
    readGpus(range),
    ask(metricsOf("clockReasons"), { kind: "bits", bits: THERMAL_BITS }),
    ask(metricsOf("xid"), { kind: "nonZero" }),
    ask(["up"], { kind: "zero" }),
  ]);
  const breakMs = Math.max(LOOKBACK_MS, 2 * stepMs);
  const events = eventList(
    {
      throttled: ofGpus(throttled, gpus, series, breakMs),
      xid: ofGpus(xid, gpus, series, breakMs),
      down: ofTargets(down, gpus, up, breakMs),
    },
    range.fromMs,
  );
  const isCut = [throttled, xid, down].some((rows) => rows.length >= MAX_SPELL_ROWS);
  return { atMs: range.toMs, events: events.slice(0, MAX_EVENTS), total: isCut ? null : events.length };
}

/** A GPU's series change with its pod's labels, its faults need not. */
function ofGpus(
  rows: readonly SpellRow[],
  gpus: readonly Gpu[],
  series: readonly GpuSeriesRow[],
  breakMs: number,
): Subject<Gpu>[] {
  const keys = new Map(series.map((row) => [row.series, gpuKey(row.uuid, row.instanceId)]));
  const parts = Map.groupBy(rows, (row) => keys.get(row.series));
  return gpus.flatMap((gpu) => {
    const own = parts.get(gpu.key);
    return own === undefined ? [] : [{ of: gpu, spells: spellsOf(own, breakMs) }];
  });
}

function ofTargets(rows: readonly SpellRow[], gpus: readonly Gpu[], up: readonly TargetUpRow[], breakMs: number) {
  const parts = Map.groupBy(rows, (row) => row.series);
  return up.flatMap((target) => {
    const own = parts.get(target.series);
    if (own === undefined) return [];
    const members = gpus.filter((gpu) => gpu.job === target.job && gpu.instance === target.instance);
    return [{ of: { gpus: members, stillDown: target.up === 0 }, spells: spellsOf(own, breakMs) }];
  });
}
