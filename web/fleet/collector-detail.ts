import { z } from "zod";

const detail = z.object({
  configFile: z.string().nullable(),
  warnings: z.array(z.object({ path: z.string(), line: z.number().nullable(), message: z.string() })),
  lastReload: z.object({ at: z.number(), ok: z.boolean(), error: z.string().nullable() }).nullable(),
});

export type CollectorDetail = z.infer<typeof detail> & {
  /** The heartbeat's detail could not be read: what is wrong with it. */
  readonly unreadable: string | null;
};

/** What a collector says about its configuration in its heartbeat. */
export function collectorDetail(json: string): CollectorDetail {
  const nothing = { configFile: null, warnings: [], lastReload: null };
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
