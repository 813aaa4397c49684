/** Campaigns: detectors against simulated truth. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { driftCampaign } from "./drift/campaign.ts";
import { stragglerCampaign } from "./straggler/campaign.ts";
import type { Half } from "./straggler/plan.ts";

const USAGE = `usage: npm run campaign -- straggler [--seeds N] [--half tune|report] [--healthy N] [--only NAME] [--out FILE] [--keep FILE] [--threads N]
  --seeds    jobs of each cell of fault, severity, layout and sequence CV, up to 64 ranks; of 256 a third, of 1,024 a tenth, of 4,096 a fiftieth (100)
  --half     even seeds, to tune on, or odd ones, to report (report)
  --healthy  healthy windows (100000)
  --only     jobs with all of these in fault, severity and layout: "slow NIC", "1.2x+4,096", "healthy+32 ="
  --out      where the page goes; docs/campaign-straggler.md is the one that is kept
  --keep     outcomes as they come; the same command goes on from there after it was stopped
  --threads  jobs at a time (one a core)
       npm run campaign -- drift [--quick] [--out FILE] [--keep FILE]
  --quick    few draws of everything: whether it runs, not what is true
  --out      where the page goes; docs/campaign-drift.md is the one that is kept
  --keep     outcomes as they come; the same command goes on from there after it was stopped
`;

function usage(problem: string): never {
  process.stderr.write(`${problem}\n${USAGE}`);
  process.exit(2);
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: "string", default: "100" },
    half: { type: "string", default: "report" },
    healthy: { type: "string", default: "100000" },
    only: { type: "string" },
    out: { type: "string" },
    keep: { type: "string" },
    threads: { type: "string", default: String(availableParallelism()) },
    quick: { type: "boolean", default: false },
  },
});

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) usage(`--${name} ${text}: expected a whole number of 0 or more`);
  return value;
}

function halfOf(text: string): Half {
  if (text !== "tune" && text !== "report") usage(`--half ${text}: expected tune or report`);
  return text;
}

function quoted(argument: string): string {
  return /^[\w./-]+$/.test(argument) ? argument : `'${argument}'`;
}

const [name] = positionals;
if (name === "drift") {
  await driftCampaign({ quick: values.quick, out: values.out, keep: values.keep });
} else if (name === "straggler") {
  await stragglerCampaign({
    half: halfOf(values.half),
    seeds: whole("seeds", values.seeds),
    healthyWindows: whole("healthy", values.healthy),
    only: values.only,
    out: values.out,
    keep: values.keep,
    threads: Math.max(1, whole("threads", values.threads)),
    command: `npm run campaign -- ${process.argv.slice(2).map(quoted).join(" ")}`,
  });
} else {
  usage(name === undefined ? "no campaign named" : `${name}: no such campaign`);
}
