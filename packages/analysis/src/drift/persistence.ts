/** One window in twenty is out of the ordinary by chance; a change stays. */
import type { DriftVerdict } from "@lockstep/schemas/domain/drift-finding";

const windows = 3;
const least = 2;

/** Whether the newest windows, oldest first, show it in 2 of 3. Those that say nothing do not count either way. */
export function persists(recent: readonly DriftVerdict[], shown: DriftVerdict = "drift"): boolean {
  const told = recent.filter((verdict) => verdict !== "not_enough_data").slice(-windows);
  return told.at(-1) === shown && told.filter((verdict) => verdict === shown).length >= least;
}

/** Whether what was open is over: none of the newest three windows shows it. */
export function isOver(recent: readonly DriftVerdict[], shown: DriftVerdict = "drift"): boolean {
  const told = recent.filter((verdict) => verdict !== "not_enough_data").slice(-windows);
  return told.length === windows && told.every((verdict) => verdict !== shown);
}
