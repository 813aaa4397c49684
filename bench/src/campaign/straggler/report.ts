/** The campaign as Markdown: what was run, what came out, and the rules it was counted by. */
import { parameters } from "./parameters.ts";
import type { FalseIncident, FaultOutcome } from "./run-fault.ts";
import type { HealthyOutcome } from "./run-healthy.ts";
import { groupBy, type Tally, tally } from "./tally.ts";
import { unevenFrom } from "./truth.ts";

export type Campaign = {
  readonly command: string;
  readonly half: string;
  readonly seeds: string;
  readonly parametersHash: string;
  readonly minutes: number;
  readonly faults: readonly FaultOutcome[];
  readonly healthy: readonly HealthyOutcome[];
};

export function reportOf(campaign: Campaign): string {
  const counted = campaign.faults.filter(({ severity }) => severity >= parameters.faults.countedFrom);
  return [
    ...head(campaign),
    ...section(`Faults of severity ${parameters.faults.countedFrom} and more`, "", [
      ...table(["all"], [["all", counted]]),
    ]),
    ...section(
      "By fault",
      "",
      byKeys(counted, ["fault"], ({ kind }) => [kind]),
    ),
    ...section(
      "By fault and severity",
      "",
      byKeys(campaign.faults, ["fault", "severity"], (o) => [o.kind, `${o.severity}x`]),
    ),
    ...section(
      "By layout",
      "",
      byKeys(counted, ["layout"], ({ layout }) => [layout]),
    ),
    ...section("By noise", "", byNoise(counted)),
    ...healthySection(campaign.healthy),
    ...wrongs(campaign),
    ...section(
      "All cells",
      "",
      byKeys(campaign.faults, ["fault", "severity", "layout", "sequence CV"], (o) => [
        o.kind,
        `${o.severity}x`,
        o.layout,
        `${o.sequenceCv}`,
      ]),
    ),
    ...rules,
    "",
  ].join("\n");
}

function head({ command, half, seeds, parametersHash, minutes, faults }: Campaign): string[] {
  const { clocks, recording, compute } = parameters;
  return [
    "# Stragglers: simulated campaign",
    "",
    "*Simulated*: every figure on this page comes from simulated training jobs, none from a cluster. Written by",
    "",
    `    ${command}`,
    "",
    `Half: ${half} (${seeds}). Parameters ${parametersHash}, in \`bench/src/campaign/straggler/parameters.ts\`. ` +
      `${count(faults.length)} jobs with a fault, ${minutes.toFixed(1)} minutes.`,
    "",
    `All jobs: clocks off by up to ${clocks.skewSeconds} s either way and ${clocks.driftPpm} ppm, ` +
      `${percent(recording.missingRanks)} of the ranks unheard in half of the jobs, lost operations, ` +
      `compute CV ${percent(compute.cv.low)} to ${percent(compute.cv.high)} by job, pauses, congestion, and decoys.`,
    "",
  ];
}

function section(title: string, text: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [`## ${title}`, "", ...(text === "" ? [] : [text, ""]), ...lines, ""];
}

type Row = readonly [string, readonly FaultOutcome[]];

function byKeys(
  outcomes: readonly FaultOutcome[],
  names: readonly string[],
  keys: (outcome: FaultOutcome) => readonly string[],
): string[] {
  return table(names, [...groupBy(outcomes, (outcome) => keys(outcome).join(" | "))]);
}

function byNoise(outcomes: readonly FaultOutcome[]): string[] {
  const of = (name: string, matches: (outcome: FaultOutcome) => boolean): Row => [name, outcomes.filter(matches)];
  return table(
    ["noise"],
    [
      ...parameters.sequence.cv.map((cv) => of(`sequence CV ${cv}`, ({ sequenceCv }) => sequenceCv === cv)),
      of("compute CV below 3 %", ({ computeCv }) => computeCv < 0.03),
      of("compute CV 3 % and more", ({ computeCv }) => computeCv >= 0.03),
      of("all ranks heard", ({ allHeard }) => allHeard),
      of("some ranks unheard", ({ allHeard }) => !allHeard),
    ],
  );
}

function table(names: readonly string[], rows: readonly Row[]): string[] {
  const head = [
    ...names,
    "jobs",
    "recall",
    "precision",
    "top-1",
    "cause",
    "steps",
    "p95",
    "S",
    "S error",
    "p95",
    "waste",
  ];
  const some = rows.filter(([, outcomes]) => outcomes.length > 0);
  if (some.length === 0) return [];
  return [
    `| ${head.join(" | ")} |`,
    `|${head.map((_, at) => (at < names.length ? "---" : "---:")).join("|")}|`,
    ...some.map(([key, outcomes]) => `| ${key} | ${cells(tally(outcomes)).join(" | ")} |`),
  ];
}

function cells(figures: Tally): string[] {
  return [
    count(figures.jobs),
    share(figures.recall),
    share(figures.precision),
    share(figures.top1),
    share(figures.cause),
    number(figures.stepsMedian, 0),
    number(figures.stepsP95, 0),
    number(figures.trueSlowdown, 3),
    number(figures.slowdownErrorMedian, 3),
    number(figures.slowdownErrorP95, 3),
    number(figures.wasteRatio, 2),
  ];
}

function healthySection(healthy: readonly HealthyOutcome[]): string[] {
  if (healthy.length === 0) return [];
  const groups: [string, readonly HealthyOutcome[]][] = [
    ["all", healthy],
    ...groupBy(healthy, ({ layout }) => layout),
    ...groupBy(healthy, ({ sequenceCv }) => `sequence CV ${sequenceCv}`),
  ];
  const lines = groups.map(([name, jobs]) => {
    const sum = (of: (job: HealthyOutcome) => number) => jobs.reduce((n, job) => n + of(job), 0);
    const windows = sum((job) => job.windows);
    const falseWindows = sum((job) => job.falseWindows);
    const incidents = sum((job) => job.falseIncidents.length);
    return `| ${[
      name,
      count(jobs.length),
      count(windows),
      count(falseWindows),
      number((1000 * falseWindows) / windows, 3),
      count(incidents),
      number((100_000 * incidents) / windows, 1),
      count(sum((job) => job.trueImbalances)),
      count(sum((job) => job.notJudged)),
    ].join(" | ")} |`;
  });
  const head = [
    "jobs",
    "of",
    "windows",
    "false windows",
    "per 1,000",
    "false incidents",
    "per 100,000",
    "true imbalances",
    "not judged",
  ];
  return section("Healthy jobs with decoys", "", [
    `| ${head.join(" | ")} |`,
    `|---|${head
      .slice(1)
      .map(() => "---:")
      .join("|")}|`,
    ...lines,
  ]);
}

/** The first of each sort; enough to reproduce and mend. */
const maxListed = 40;

function wrongs({ faults, healthy }: Campaign): string[] {
  const where = (falseIncident: FalseIncident, job: string) =>
    `- ${job}, step ${falseIncident.lastStep}: ${falseIncident.summary}`;
  const inFaults = faults.flatMap((o) => o.falseIncidents.map((one) => where(one, `${nameOf(o)} (truth: ${o.place})`)));
  const inHealthy = healthy.flatMap((o) =>
    o.falseIncidents.map((one) => where(one, `healthy ${o.layout}, sequence CV ${o.sequenceCv}, seed ${o.seed}`)),
  );
  const missed = faults
    .filter((o) => o.severity >= parameters.faults.countedFrom && o.openedAfter === undefined)
    .map(
      (o) =>
        `- ${nameOf(o)}: ${o.place}${o.foundAfter === undefined ? "" : `, found after ${o.foundAfter} steps, not for long`}`,
    );
  const causes = faults
    .filter((o) => o.severity >= parameters.faults.countedFrom && o.cause?.right === false)
    .map((o) => `- ${nameOf(o)}: ${o.cause!.said}`);
  const list = (title: string, lines: readonly string[]) => {
    const shown = spread(lines, maxListed);
    return section(`${title} (${count(lines.length)})`, "", shown);
  };
  return [
    ...list("False incidents in healthy jobs", inHealthy),
    ...list("False incidents in jobs with a fault", inFaults),
    ...list("Missed", missed),
    ...list("Wrong causes", causes),
  ];
}

function spread(lines: readonly string[], most: number): string[] {
  if (lines.length <= most) return [...lines];
  return Array.from({ length: most }, (_, i) => lines[Math.floor((i * lines.length) / most)]!);
}

function nameOf({ kind, severity, layout, sequenceCv, seed }: FaultOutcome): string {
  return `${kind} ${severity}x, ${layout}, sequence CV ${sequenceCv}, seed ${seed}`;
}

const rules = [
  "## Rules",
  "",
  "- **recall**: jobs in which an incident with the right kind and place was opened within " +
    `${parameters.faults.lookedForSteps} steps of the onset. **precision**: right incidents of right and false ones.`,
  "- **top-1**: of the jobs in which anything was opened after the onset, those in which the costliest finding of that window was right (those neither right nor false left out).",
  "- Right is `slow_rank` with that rank for throttling, braking, contention and a stalled data loader; `slow_node` with that " +
    "node; `slow_stage` with that stage; `imbalance` for sequences; for a link `slow_link` with that rank, or `slow_group` " +
    "with the group where the link serves one group only of which two ranks are heard.",
  "- Neither right nor false: a rank of the slow node, a slow group among several of a slow link, the node of a slow link, " +
    "`global_slowdown` after the onset, and `imbalance` where uneven sequences alone make steps " +
    `${unevenFrom}x longer or more, by the same job with even ones. Everything else is false.`,
  "- **cause**: of the right findings, those whose cause is the fault's; `unknown` for a link that shows in no counter, and accepted for contention where nobody counts the GPU's processes and for sequences where a replica is one rank and nobody counts its tokens.",
  "- **steps**: from the onset to the end of the window that opened the incident; median and 95th percentile.",
  "- **S**: true slow-down in the first window that lies behind the onset as a whole, against the same job with the same random " +
    "numbers and without the fault, for sequences with even ones (median). **S error**: |said - true|, median and 95th percentile. **waste**: said GPU-seconds over true ones, median; " +
    "true ones are what ranks other than the culprits spent longer in operations.",
  "- A healthy job's windows overlap by three quarters, as the product's do. An incident needs the finding in two windows of three in a row, as in the product.",
];

function share(value: number): string {
  return number(value, 3);
}

function percent(value: number): string {
  return `${Math.round(100 * value)} %`;
}

function count(value: number): string {
  return value.toLocaleString("en-GB");
}

function number(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : "–";
}
