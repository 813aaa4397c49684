import { z } from "zod";

const trace = z.object({
  /** Of the configuration: lockstep.traces[0].inspector. */
  name: z.string(),
  kind: z.string(),
  files: z.string(),
  /** Since the collector's start, and what is so now. */
  counts: z.object({
    files: z.number(),
    unreadable: z.number(),
    behindBytes: z.number(),
    bytes: z.number(),
    lines: z.number(),
    badLines: z.number(),
    lastBad: z.string().optional(),
    problem: z.string().optional(),
    operations: z.number(),
    events: z.number(),
    dumps: z.number(),
    samples: z.number(),
    lastReadAt: z.number().optional(),
  }),
});

export type TraceState = z.infer<typeof trace>;

const detail = z.object({
  configFile: z.string().nullable(),
  warnings: z.array(z.object({ path: z.string(), line: z.number().nullable(), message: z.string() })),
  lastReload: z.object({ at: z.number(), ok: z.boolean(), error: z.string().nullable() }).nullable(),
  /** Absent from collectors before traces were followed. */
  traces: z.array(trace).default([]),
});

export type CollectorDetail = z.infer<typeof detail> & {
  /** The heartbeat's detail could not be read: what is wrong with it. */
  readonly unreadable: string | null;
};

/** What a collector says about its configuration and the trace files that it follows in its heartbeat. */
export function collectorDetail(json: string): CollectorDetail {
  const nothing = { configFile: null, warnings: [], lastReload: null, traces: [] };
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return { ...nothing, unreadable: error instanceof Error ? error.message : String(error) };
  }
  const parsed = detail.safeParse(value);
  return parsed.success
    ? { ...parsed.data, unreadable: null }
    : { ...nothing, unreadable: z.prettifyError(parsed.error) };
}
