import "server-only";
import { type Outcome, problemOf } from "./problem.ts";

/** For a page's first paint: a store that is away is something to show, not a crash. */
export async function attempt<T>(read: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, data: await read() };
  } catch (error) {
    console.error(`page read failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return { ok: false, problem: problemOf(error) };
  }
}
