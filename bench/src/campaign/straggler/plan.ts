/** Which jobs a campaign runs. Even seeds are for tuning, odd ones for the report, and neither sees the other's. */
import { type FaultKind, faultKinds } from "./fault.ts";
import { type Layout, layouts, rankCount } from "./layout.ts";
import { parameters } from "./parameters.ts";
import { drawScenario, type Scenario } from "./scenario.ts";

export type Half = "tune" | "report";

export type CampaignOptions = {
  readonly half: Half;
  /** Of each cell of fault kind, severity, layout and sequence CV, in layouts that are small enough. */
  readonly seeds: number;
  readonly healthyWindows: number;
  /** Parts of the fault kind, severity ("1.2x") and layout, joined by "+"; jobs that do not have all of them are left out. */
  readonly only: string | undefined;
};

export type FaultJob = {
  readonly kind: FaultKind;
  readonly severity: number;
  readonly layout: Layout;
  readonly sequenceCv: number;
  readonly seed: number;
};

/** A window of 4,096 ranks costs as much as five hundred of 8; each layout has its share of a campaign's time instead. */
const shareOfSeeds: readonly { readonly upTo: number; readonly share: number }[] = [
  { upTo: 64, share: 1 },
  { upTo: 256, share: 1 / 3 },
  { upTo: 1024, share: 1 / 10 },
  { upTo: 4096, share: 1 / 50 },
];

export function seedsOf(layout: Layout, seeds: number): number {
  const share = shareOfSeeds.find(({ upTo }) => rankCount(layout) <= upTo)?.share ?? 0;
  return Math.floor(seeds * share);
}

/** The report's seeds begin far from those that anybody looked at while the detector was made. */
const firstReported = 100_000;

export function seedAt(half: Half, index: number): number {
  return half === "report" ? 2 * (firstReported + index) + 1 : 2 * index;
}

function* faultJobs({ half, seeds, only }: CampaignOptions): Generator<FaultJob> {
  for (const layout of layouts) {
    for (const kind of faultKinds) {
      for (const severity of parameters.faults.severities) {
        if (!isWanted(only, `${kind} ${severity}x ${layout.name}`)) continue;
        for (const sequenceCv of parameters.sequence.cv) {
          for (let i = 0; i < seedsOf(layout, seeds); i++) {
            yield { kind, severity, layout, sequenceCv, seed: seedAt(half, i) };
          }
        }
      }
    }
  }
}

function isWanted(only: string | undefined, name: string): boolean {
  if (only === undefined) return true;
  return only.split("+").every((part) => name.toLowerCase().includes(part.trim().toLowerCase()));
}

/** Undefined where the layout has no place for the fault. */
export function scenarioOf({ kind, severity, layout, sequenceCv, seed }: FaultJob): Scenario | undefined {
  return drawScenario({ layout, seed, sequenceCv, fault: { kind, severity } });
}

export type HealthyJob = {
  readonly layout: Layout;
  readonly sequenceCv: number;
  readonly seed: number;
  readonly windows: number;
};

/** Share of the healthy windows, and how many a job has: many jobs with their own noise and decoys, and long ones. */
const healthyShares: readonly { readonly share: number; readonly perJob: number }[] = [
  { share: 0.35, perJob: 250 },
  { share: 0.3, perJob: 250 },
  { share: 0.2, perJob: 200 },
  { share: 0.1, perJob: 100 },
  { share: 0.04, perJob: 50 },
  { share: 0.01, perJob: 25 },
];

/** Apart from the seeds of the faults, so that no healthy job is the counterfactual of one. */
const healthySeeds = 1_000_000;

function* healthyJobs({ half, healthyWindows, only }: CampaignOptions): Generator<HealthyJob> {
  for (const [at, layout] of layouts.entries()) {
    if (!isWanted(only, `healthy ${layout.name}`)) continue;
    const { share, perJob } = healthyShares[at]!;
    let left = Math.round(healthyWindows * share);
    for (let job = 0; left > 0; job++) {
      const windows = Math.min(left, perJob);
      const sequenceCv = parameters.sequence.cv[job % parameters.sequence.cv.length]!;
      yield { layout, sequenceCv, seed: healthySeeds + seedAt(half, job), windows };
      left -= windows;
    }
  }
}

export type PlannedJob =
  | { readonly fault: FaultJob; readonly healthy?: never }
  | { readonly fault?: never; readonly healthy: HealthyJob };

/** All jobs of a campaign; the same options give the same numbers to the same jobs. */
export function planOf(options: CampaignOptions): PlannedJob[] {
  return [
    ...Array.from(faultJobs(options), (fault) => ({ fault })),
    ...Array.from(healthyJobs(options), (healthy) => ({ healthy })),
  ];
}
