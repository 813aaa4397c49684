/** `npm run bench -- drift-judge`: what it costs to judge one window of many models, in a process of its own. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

export function benchDriftJudge(models: number, features: number): void {
  const worker = join(import.meta.dirname, "judge-models.ts");
  const { status } = spawnSync(process.execPath, [worker, String(models), String(features)], { stdio: "inherit" });
  if (status !== 0) throw new Error(`judging ${models} models ended with ${status}`);
}
