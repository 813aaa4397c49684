/** `A..B` on a command line: a stretch of time. */
import { usage } from "../run/deployment.ts";

export type Stretch = { readonly fromMs: number; readonly toMs: number };

const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?)?$/;
const ZONED = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;

/** Unix ms; UTC unless a zone is told. Throws StartError. */
export function readStretch(text: string): Stretch {
  const [from, to, ...more] = text.split("..");
  const fromMs = timeOf(from ?? "");
  const toMs = timeOf(to ?? "");
  if (more.length === 0 && fromMs < toMs) return { fromMs, toMs };
  throw usage(
    `--window: found ${JSON.stringify(text)}, expected FROM..TO, the earlier first: 2026-11-01..2026-11-15 or 2026-11-01T06:00..2026-11-01T18:00Z`,
  );
}

/** NaN where it is none. */
function timeOf(text: string): number {
  if (ZONED.test(text)) return Date.parse(text.replace(" ", "T"));
  if (!DATE.test(text)) return Number.NaN;
  return Date.parse(text.length === 10 ? `${text}T00:00:00Z` : `${text.replace(" ", "T")}Z`);
}
