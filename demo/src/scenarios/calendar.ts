/** What comes by the calendar and not by a scenario: at weekends served models are asked less, and for other things. */
import type { ServedModel } from "../serving/served-models.ts";
import type { Truth } from "./truth.ts";

const DAY_MS = 86_400_000;

/** The weekend (UTC) that is on, or the next one: a decoy for each model. */
export function weekendDecoys(models: readonly ServedModel[], nowMs: number): Truth[] {
  // 1970-01-01 was a Thursday: Saturday is two days later.
  const today = Math.floor(nowMs / DAY_MS);
  const sinceSaturday = (today + 5) % 7;
  const saturday = (sinceSaturday < 2 ? today - sinceSaturday : today + 7 - sinceSaturday) * DAY_MS;
  const since = new Date(saturday).toISOString();
  const until = new Date(saturday + 2 * DAY_MS).toISOString();
  return models.map(({ name }) => ({
    kind: "weekend-rhythm",
    source: "calendar",
    truth: `${name} is asked less at the weekend, and for other things: as at every weekend.`,
    active: sinceSaturday < 2,
    decoy: true,
    model: name,
    since,
    until,
    start: since,
    end: until,
  }));
}
