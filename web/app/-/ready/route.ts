import { processEnv } from "@lockstep/schemas/process/env";
import { getStore } from "../../../data/store.ts";
import { notReady } from "./readiness.ts";

export const dynamic = "force-dynamic";

export async function GET(): Promise<Response> {
  const run = processEnv.shape.LOCKSTEP_RUN.parse(process.env["LOCKSTEP_RUN"]);
  const missing = await notReady(getStore(), run, Date.now());
  const text = missing.length === 0 ? "Lockstep is Ready." : missing.join("\n");
  return new Response(`${text}\n`, {
    status: missing.length === 0 ? 200 : 503,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
  });
}
