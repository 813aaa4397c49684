/** The Prometheus HTTP API, as this system and the real one answer it. */
import { z } from "zod";

const vectorAnswer = z.object({
  status: z.literal("success"),
  data: z.object({
    resultType: z.literal("vector"),
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
  }),
});
export type VectorSample = z.infer<typeof vectorAnswer>["data"]["result"][number];

export async function queryInstant(url: string, query: string): Promise<VectorSample[]> {
  const response = await fetch(`${url}/api/v1/query`, { method: "POST", body: new URLSearchParams({ query }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${query}: ${response.status} ${text.slice(0, 500)}`);
  return vectorAnswer.parse(JSON.parse(text)).data.result;
}

const targetsAnswer = z.object({
  status: z.literal("success"),
  data: z.object({
    activeTargets: z.array(
      z.looseObject({ labels: z.record(z.string(), z.string()), health: z.string(), lastError: z.string() }),
    ),
  }),
});
export type TargetAnswer = z.infer<typeof targetsAnswer>["data"]["activeTargets"][number];

export async function activeTargets(url: string): Promise<TargetAnswer[]> {
  const response = await fetch(`${url}/api/v1/targets`);
  return targetsAnswer.parse(await response.json()).data.activeTargets;
}

/** The value text of the API as a number. */
export function numberOf(text: string): number {
  return Number(text.replace("Inf", "Infinity"));
}

/** What a scrape adds by itself. */
export function isScrapeMetric(name: string | undefined): boolean {
  return name === "up" || name?.startsWith("scrape_") === true;
}
