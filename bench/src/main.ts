/** What can be measured, and its options; see README.md. */
import { parseArgs } from "node:util";
import { benchDisk } from "./disk.ts";
import { benchDriftJudge } from "./drift/judge.ts";
import { benchJudge } from "./judge.ts";
import { benchPipeline } from "./pipeline.ts";
import { benchScrape } from "./scrape.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    interval: { type: "string", multiple: true },
    ranks: { type: "string", default: "4096" },
    models: { type: "string", default: "1000" },
    features: { type: "string", default: "100" },
    targets: { type: "string" },
    hours: { type: "string", default: "4" },
    seconds: { type: "string", default: "60" },
    "warm-up": { type: "string", default: "60" },
    idle: { type: "string", default: "20" },
    peers: { type: "boolean", default: true },
    text: { type: "boolean", default: true },
  },
});

const USAGE = `usage: npm run bench -- scrape [--interval 5] [--targets 250] [--seconds 60] [--warm-up 60] [--no-peers]
       npm run bench -- disk [--interval 5] [--targets 50] [--hours 4]
       npm run bench -- pipeline [--targets 640] [--seconds 60] [--warm-up 60] [--no-text]
       npm run bench -- judge [--ranks 4096]
       npm run bench -- drift-judge [--models 1000] [--features 100]
`;

async function scrape(): Promise<void> {
  for (const interval of values.interval ?? ["5", "1"]) {
    await benchScrape({
      targets: Number(values.targets ?? "250"),
      intervalSeconds: Number(interval),
      seconds: Number(values.seconds),
      warmUpSeconds: Number(values["warm-up"]),
      idleSeconds: Number(values.idle),
      peers: values.peers,
    });
  }
}

async function disk(): Promise<void> {
  const intervalSeconds = Number(values.interval?.[0] ?? "5");
  await benchDisk({ targets: Number(values.targets ?? "50"), intervalSeconds, hours: Number(values.hours) });
}

async function pipeline(): Promise<void> {
  const targets = Number(values.targets ?? "640");
  const [seconds, warmUpSeconds] = [Number(values.seconds), Number(values["warm-up"])];
  await benchPipeline({ seconds, warmUpSeconds, targets, text: values.text });
}

const judge = async () => benchJudge(Number(values.ranks));
const driftJudge = async () => benchDriftJudge(Number(values.models), Number(values.features));

const run = { scrape, disk, pipeline, judge, "drift-judge": driftJudge }[positionals[0] ?? ""];
if (run === undefined) {
  process.stderr.write(USAGE);
  process.exit(2);
}
await run();
