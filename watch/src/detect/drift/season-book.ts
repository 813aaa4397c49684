/** What is usual of a model at this hour of the week, or at any hour while there is less than three weeks of it. */
import type { Stretch } from "@lockstep/schemas/queries/drift-stretch";
import type { BaselineFeature } from "./judge-model-window.ts";
import type { LearnUntil, StretchFeatures, StretchReader } from "./read-stretches.ts";

const HOUR_MS = 3_600_000;
const WEEK_HOURS = 168;
const WEEKS = 4;
const leastWeeks = 3;
/** With fewer windows of a feature nothing is usual. */
export const leastSeasonWindows = 12;
/** A season of any hour is read again when it has grown by this share. */
const growth = 0.1;

export type SeasonWindow = {
  readonly model: string;
  /** Windows of this version alone; empty: of all versions together. */
  readonly version: string;
  readonly sinceMs: number;
  readonly untilMs: number;
};

type Season = {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly windows: number;
  readonly features: ReadonlyMap<string, BaselineFeature>;
};

type Plan = { readonly stretch: Stretch; readonly fromMs: number; readonly untilMs: number };

export class SeasonBook {
  readonly #seasons = new Map<string, Season>();

  get(model: string, version: string): Season | undefined {
    return this.#seasons.get(keyOf(model, version));
  }

  forget(model: string): void {
    for (const key of this.#seasons.keys())
      if ((JSON.parse(key) as [string, string])[0] === model) this.#seasons.delete(key);
  }

  /** Makes `get` answer for these windows; one of each model. */
  async load(windows: readonly SeasonWindow[], reader: StretchReader, until: LearnUntil): Promise<void> {
    const missing = windows.filter(({ model, version, sinceMs }) => {
      const season = this.get(model, version);
      return season === undefined || sinceMs < season.fromMs || sinceMs >= season.untilMs;
    });
    const hourly = missing.filter(({ sinceMs, untilMs }) => untilMs - sinceMs <= HOUR_MS).map(thisHour);
    const ofHour = await reader.count(hourly.map(({ stretch }) => stretch));
    const usable = hourly.filter(({ stretch: { model } }) => {
      const { windows: count = 0, weeks = 0 } = ofHour.get(model) ?? {};
      return weeks >= leastWeeks && count >= leastSeasonWindows;
    });
    const hasHour = new Set(usable.map(({ stretch }) => stretch.model));
    const others = missing.filter(({ model }) => !hasHour.has(model)).map(anyHour);
    const ofAny = await reader.count(others.map(({ stretch }) => stretch));
    const plans = [...usable, ...others].map((plan) => {
      const { model } = plan.stretch;
      const count = (hasHour.has(model) ? ofHour : ofAny).get(model)?.windows ?? 0;
      return { ...plan, windows: count };
    });
    const enough = plans.filter(({ windows: count }) => count >= leastSeasonWindows);
    const options = { leastWindows: leastSeasonWindows, whole: false, until };
    const found = await reader.features(enough, options);
    for (const plan of plans) this.#take(plan, hasHour.has(plan.stretch.model), found.get(plan.stretch.model));
  }

  #take(plan: Plan & { readonly windows: number }, ofHour: boolean, found: StretchFeatures | undefined): void {
    const { stretch, fromMs, untilMs, windows } = plan;
    const lengthMs = untilMs - fromMs;
    const grown = Math.max(lengthMs, Math.min(HOUR_MS, Math.floor(growth * windows) * lengthMs));
    const season = { fromMs, untilMs: ofHour ? untilMs : fromMs + grown, windows, features: found?.features ?? none };
    this.#seasons.set(keyOf(stretch.model, stretch.version), season);
  }
}

const none: ReadonlyMap<string, BaselineFeature> = new Map();

/** Hours begin at another minute for each model, so that not all of them are read anew at once. */
function thisHour({ model, version, sinceMs }: SeasonWindow): Plan {
  const offsetMs = minuteOf(model) * 60_000;
  const hours = Math.floor((sinceMs - offsetMs) / HOUR_MS);
  const fromMs = hours * HOUR_MS + offsetMs;
  const stretch = {
    ...{ model, fromMs: fromMs - WEEKS * WEEK_HOURS * HOUR_MS, toMs: fromMs },
    ...{ version, hour: hours % WEEK_HOURS, offsetMs },
  };
  return { stretch, fromMs, untilMs: fromMs + HOUR_MS };
}

function anyHour({ model, version, sinceMs, untilMs }: SeasonWindow): Plan {
  const fromMs = sinceMs - WEEKS * WEEK_HOURS * HOUR_MS;
  return { stretch: { model, fromMs, toMs: sinceMs, version, hour: -1, offsetMs: 0 }, fromMs: sinceMs, untilMs };
}

function minuteOf(model: string): number {
  let hash = 0;
  for (let i = 0; i < model.length; i++) hash = (Math.imul(hash, 31) + model.charCodeAt(i)) >>> 0;
  return hash % 60;
}

function keyOf(model: string, version: string): string {
  return JSON.stringify([model, version]);
}
