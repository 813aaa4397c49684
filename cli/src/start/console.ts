/** What the person at the terminal sees: one line a step with the time since the start, and what goes wrong, in short. */
import { z } from "zod";

export type Print = (line: string) => void;

/** Pads the name so that the lines of a start stand under each other. */
export function stepLine(name: string, what: string, elapsedMs: number): string {
  return `  ${name.padEnd(10)} ${what.padEnd(28)} ${(elapsedMs / 1000).toFixed(1).padStart(5)} s`;
}

const WARNING_LEVEL = 40;
const logLine = z.object({
  level: z.number(),
  msg: z.string().optional(),
  err: z.object({ message: z.string() }).optional(),
});

/** The short form of a JSON log line of level warning or above; undefined for any other line. */
export function warningOf(line: string): string | undefined {
  if (!line.startsWith("{")) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    // Not a log line: it stays in the log file and is no warning.
    return undefined;
  }
  const parsed = logLine.safeParse(json);
  if (!parsed.success || parsed.data.level < WARNING_LEVEL) return undefined;
  const { msg, err } = parsed.data;
  const said = [msg, err?.message].filter((part) => part !== undefined && part !== "");
  return [...new Set(said)].join(": ").slice(0, 300);
}

/**
 * Lets `limit` lines through in each window; the first line of a later window is preceded by how many were left out.
 * `now` in milliseconds.
 */
export function rateLimit(print: Print, limit: number, windowMs: number, now: () => number): Print {
  let windowStart = Number.NEGATIVE_INFINITY;
  let count = 0;
  return (line) => {
    if (now() - windowStart >= windowMs) {
      if (count > limit) print(`... ${count - limit} more lines like these are in the log`);
      windowStart = now();
      count = 0;
    }
    count += 1;
    if (count <= limit) print(line);
  };
}

/** The line of a crashed child's stderr that says most: its last `NAME: message` or error of Node, else its last line. */
export function reasonOf(name: string, stderr: readonly string[]): string | undefined {
  const said = stderr.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("Node.js v"));
  const error = said.findLast((line) => line.startsWith(`${name}: `) || /^\[?\w*Error\b/.test(line));
  return (error ?? said.at(-1))?.slice(0, 500);
}
