// Speed of judging one window of 4,096 ranks: run by hand, `node packages/analysis/test/judge-speed.ts`.
import { judge } from "../src/straggler/judge.ts";
import { makeWindow } from "./make-window.ts";

const window = makeWindow({
  layout: { tp: 8, pp: 8, dp: 64, perNode: 8 },
  seed: 3,
  tpSlots: 64,
  sequenceNoise: 0.1,
  slower: (r) => (r === 777 ? 1.2 : 1),
});
console.log(window.ranks.length, window.operations.length, process.memoryUsage().rss / 1e6);
for (let i = 0; i < 3; i++) {
  const c0 = process.cpuUsage();
  const t = performance.now();
  const j = judge(window);
  const c = process.cpuUsage(c0);
  console.log(
    (performance.now() - t).toFixed(0),
    "ms",
    "cpu",
    c.user / 1e3 + c.system / 1e3,
    process.memoryUsage().rss / 1e6,
    process.memoryUsage().heapUsed / 1e6,
    process.memoryUsage().arrayBuffers / 1e6,
    j.verdict.findings.map((f) => f.summary),
  );
}
