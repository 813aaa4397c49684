/**
 * `npm run bench -- judge`: what it costs to judge windows of a large job, in a process of its own so that its memory is
 * that of the judgement. The job is the campaign's, simulated.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

export function benchJudge(ranks: number): void {
  const worker = join(import.meta.dirname, "judge-windows.ts");
  const { status } = spawnSync(process.execPath, [worker, String(ranks)], { stdio: "inherit" });
  if (status !== 0) throw new Error(`judging ${ranks} ranks ended with ${status}`);
}
