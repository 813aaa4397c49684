/** `npm run bench -- scrape [--interval 5] [--targets 250] [--seconds 60] [--no-peers]` */
import { parseArgs } from "node:util";
import { benchScrape } from "./scrape.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    interval: { type: "string", multiple: true, default: ["5", "1"] },
    targets: { type: "string", default: "250" },
    seconds: { type: "string", default: "60" },
    "warm-up": { type: "string", default: "20" },
    idle: { type: "string", default: "20" },
    peers: { type: "boolean", default: true },
  },
});

if (positionals[0] !== "scrape") {
  process.stderr.write("usage: npm run bench -- scrape [--interval 5] [--targets 250] [--seconds 60] [--no-peers]\n");
  process.exit(2);
}
for (const interval of values.interval) {
  await benchScrape({
    targets: Number(values.targets),
    intervalSeconds: Number(interval),
    seconds: Number(values.seconds),
    warmUpSeconds: Number(values["warm-up"]),
    idleSeconds: Number(values.idle),
    peers: values.peers,
  });
}
