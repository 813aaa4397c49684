/** Which rows of a feature's history a window was compared with. */
import type { Stretch } from "@lockstep/schemas/queries/feature-cells";
import type { ModelBaselineRow } from "@lockstep/schemas/queries/models-baselines";

export type ComparedWith = {
  readonly stretches: readonly Stretch[];
  /** Whose rows; undefined: of every version. */
  readonly version?: string;
  readonly words: string;
};

export type JudgedWindow = {
  readonly baseline: string;
  readonly version: string;
  readonly sinceMs: number;
  readonly untilMs: number;
};

type SeenVersion = { readonly version: string; readonly firstAt: number; readonly lastAt: number };

const HOUR = 3_600_000;
const WEEK = 168 * HOUR;
const WEEKS = 4;
/** Of the same hour; with fewer all hours of those weeks are taken. */
const LEAST_WEEKS = 3;

/** null: it cannot be told. */
export function comparedWith(
  window: JudgedWindow,
  baselines: readonly ModelBaselineRow[],
  seen: readonly SeenVersion[],
): ComparedWith | null {
  if (window.baseline === "training") return training(window, baselines);
  if (window.baseline === "season") return season(window, seen);
  if (window.baseline === "version") return versionBefore(window, seen);
  return null;
}

/** The newest that was made for this version, else for every version. */
function training({ version }: JudgedWindow, baselines: readonly ModelBaselineRow[]): ComparedWith | null {
  const found = baselines.find((each) => each.version === version) ?? baselines.find((each) => each.version === "");
  if (found === undefined) return null;
  return {
    stretches: [{ fromMs: found.sinceAt, toMs: found.untilAt }],
    ...(found.ofVersion !== "" && { version: found.ofVersion }),
    words: found.name === "training" ? "the training reference" : `the reference "${found.name}"`,
  };
}

function season({ sinceMs, untilMs }: JudgedWindow, seen: readonly SeenVersion[]): ComparedWith {
  const firstAt = Math.min(...seen.map((each) => each.firstAt));
  const [low, high] = [Math.floor(sinceMs / HOUR) * HOUR, Math.ceil(untilMs / HOUR) * HOUR];
  if (low - LEAST_WEEKS * WEEK < firstAt) {
    return { stretches: [{ fromMs: sinceMs - WEEKS * WEEK, toMs: sinceMs }], words: "the weeks before, all hours" };
  }
  const weeks = Array.from({ length: WEEKS }, (_, week) => (week + 1) * WEEK);
  return {
    stretches: weeks.map((back) => ({ fromMs: low - back, toMs: high - back })),
    words: `the same hour of the ${WEEKS} weeks before`,
  };
}

/** At the same time where both served then, else the last day of the other. */
function versionBefore({ version, sinceMs, untilMs }: JudgedWindow, seen: readonly SeenVersion[]): ComparedWith | null {
  const own = seen.find((each) => each.version === version);
  const before = seen
    .filter((each) => each.version !== version && each.firstAt < (own?.firstAt ?? untilMs))
    .sort((a, b) => b.firstAt - a.firstAt)[0];
  if (before === undefined) return null;
  const together = before.lastAt > sinceMs;
  return {
    stretches: [
      together ? { fromMs: sinceMs, toMs: untilMs } : { fromMs: before.lastAt - 24 * HOUR, toMs: before.lastAt },
    ],
    version: before.version,
    words: together ? `version ${before.version} at the same time` : `the last day of version ${before.version}`,
  };
}
