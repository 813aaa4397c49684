/** Next calls this once, before the first request. */
export async function register(): Promise<void> {
  if (process.env["NEXT_RUNTIME"] !== "nodejs" || process.env["NEXT_PHASE"] === "phase-production-build") return;
  const { startWebMetrics } = await import("./data/web-metrics.ts");
  await startWebMetrics();
}
