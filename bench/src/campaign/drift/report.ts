/** The campaign as Markdown: what was run, what came out, and the rules it was counted by. */
import type { Discoveries } from "./discoveries.ts";
import type { Outcome, Scale } from "./parts.ts";
import { equalFalseAlarms, type Power, type RulePower } from "./power.ts";
import { deviationOf, type Rate, rateOf } from "./rate.ts";
import { alpha, type TypeOne } from "./type-one.ts";

export type Campaign = {
  readonly command: string;
  readonly scale: Scale;
  readonly outcomes: readonly Outcome[];
};

export function reportOf({ command, scale, outcomes }: Campaign): string {
  const typeOne = outcomes.flatMap((each) => ("typeOne" in each ? [each.typeOne] : []));
  const discoveries = outcomes.flatMap((each) => ("discoveries" in each ? [each.discoveries] : []));
  const power = outcomes.flatMap((each) => ("power" in each ? [each.power] : []));
  return [
    "# Drift: simulated campaign",
    "",
    "*Simulated*: every figure on this page comes from counts drawn at random, none from a model that serves. Written by",
    "",
    `    ${command}`,
    "",
    `Seed ${scale.seed}. The rule judged is the product's own: \`judgeWindow\` of \`packages/analysis/src/drift\`, with its defaults.`,
    "",
    ...typeOneSection(typeOne, scale),
    ...discoverySection(discoveries, scale),
    ...powerSections(power, scale),
  ].join("\n");
}

/** Within these the error at alpha is as it should be. */
const allowed = { low: 0.035, high: 0.06 };
/** Expected count of a cell from which on the chi-square distribution holds. */
const leastExpected = 5;

function typeOneSection(all: readonly TypeOne[], { pairs }: Scale): string[] {
  const bearing = all.filter((each) => each.leastExpected >= leastExpected);
  const judged = all.filter((each) => each.judged.of === pairs);
  const partly = all.filter((each) => each.judged.of > 0 && each.judged.of < pairs);
  return [
    `## False alarms of the test at alpha ${alpha}`,
    "",
    `Two windows of the same distribution, ${count(pairs)} pairs for each of four distributions (even, bell, long tail, categories by Zipf), 5 to 50 cells, ` +
      `n and m from 50 to 1,000,000: ${count(all.length)} combinations. Share of pairs with p <= ${alpha}; ${allowed.low} to ${allowed.high} is allowed. ` +
      `By chance a share of ${alpha} is off by ${(3 * Math.sqrt((alpha * (1 - alpha)) / pairs)).toFixed(4)} at three standard deviations.`,
    "",
    "| | combinations | outside | lowest | mean | highest |",
    "|---|---:|---:|---:|---:|---:|",
    spread(`chi-square over the cells as they are, expected counts >= ${leastExpected}`, bearing, ({ raw }) => raw),
    spread(
      `judge, the same combinations`,
      bearing.filter((each) => each.judged.of === pairs),
      (each) => each.judged,
    ),
    spread("judge, wherever it says there is enough data", judged, (each) => each.judged),
    "",
    `The judge joins rare cells until each expects ${leastExpected} rows on either side, so it has a p where the cells as they are would bear none. In ${count(partly.length)} ` +
      `combinations the draw decided whether there was enough data; in ${count(all.length - judged.length - partly.length)} there never was.`,
    "",
    ...byKey(all, pairs, "cells", ({ cells }) => `${cells}`),
    ...byKey(all, pairs, "distribution", ({ base }) => base),
    ...byKey(all, pairs, "rows on the smaller side", ({ m }) => count(m)),
    ...worst(judged),
  ];
}

function spread(name: string, all: readonly TypeOne[], of: (each: TypeOne) => Rate): string {
  const rates = all.map((each) => rateOf(of(each)));
  if (rates.length === 0) return `| ${name} | 0 | – | – | – | – |`;
  const outside = rates.filter((rate) => rate < allowed.low || rate > allowed.high).length;
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  return `| ${[name, count(rates.length), count(outside), share(Math.min(...rates)), share(mean), share(Math.max(...rates))].join(" | ")} |`;
}

function byKey(all: readonly TypeOne[], pairs: number, name: string, key: (each: TypeOne) => string): string[] {
  const groups = new Map<string, TypeOne[]>();
  for (const each of all.filter(({ judged }) => judged.of === pairs)) {
    groups.set(key(each), [...(groups.get(key(each)) ?? []), each]);
  }
  return [
    `| judge, by ${name} | combinations | outside | lowest | mean | highest |`,
    "|---|---:|---:|---:|---:|---:|",
    ...[...groups].map(([value, group]) => spread(value, group, ({ judged }) => judged)),
    "",
  ];
}

function worst(judged: readonly TypeOne[]): string[] {
  const far = (each: TypeOne) => Math.abs(rateOf(each.judged) - alpha);
  const listed = [...judged].sort((a, b) => far(b) - far(a)).slice(0, 5);
  const line = ({ base, cells, n, m, judged: rate }: TypeOne) =>
    `- ${base}, ${cells} cells, ${count(n)} and ${count(m)} rows: ${share(rateOf(rate))} ± ${share(deviationOf(rate))}`;
  return ["Farthest from alpha:", "", ...listed.map(line), ""];
}

function discoverySection(all: readonly Discoveries[], { featureWindows }: Scale): string[] {
  return [
    `## False discoveries among 200 features at alpha ${alpha}`,
    "",
    `${count(featureWindows)} windows of 1,000 rows against 2,000, 20 cells; the first 20 features moved by so many standard deviations, none where it is 0. ` +
      "In common: share of a feature's variance that it shares with all features of its row, half of them with the other sign. " +
      "False share: mean over windows of false discoveries over all, ± its standard error; *verdict* wants a large distance besides.",
    "",
    "| shift | in common | correction | false share, q | false share, verdict | found, q | found, verdict |",
    "|---:|---:|---|---:|---:|---:|---:|",
    ...all.map(({ shift, common, correction, falseShare, error, falseShareOfVerdicts, found, foundByVerdict }) => {
      const figures = [
        `${share(falseShare)} ± ${share(error)}`,
        share(falseShareOfVerdicts),
        share(found),
        share(foundByVerdict),
      ];
      return `| ${[`${shift} σ`, `${common}`, correction.toUpperCase(), ...figures].join(" | ")} |`;
    }),
    "",
  ];
}

function powerSections(all: readonly Power[], { powerWindows }: Scale): string[] {
  return [
    "## Power",
    "",
    `${count(powerWindows)} windows for each population and number of rows, each against a reference of its own of ten windows as large, which no drift is in. ` +
      "σ is the population's standard deviation (of the logarithm where the tail is long: exp of a normal). All rules are given the same rows, " +
      "in 560 fine cells (0.025 σ) for a rule that wants values; Lockstep has 20 cells fixed beforehand.",
    "",
    "- **Lockstep p** and **Lockstep PSI**: the judge's p and its debiased distance. As published one rule: q <= 0.05, and a distance of 0.1 or of what the ten windows teach.",
    "- **evidently**: its default. Up to 1,000 rows of reference Kolmogorov-Smirnov p < 0.05 and for categories chi-square p < 0.05; beyond, Wasserstein distance over the standard deviation >= 0.1 and for categories Jensen-Shannon distance (natural logarithm) >= 0.1.",
    "- **NannyML JS**, **NannyML KS**: Jensen-Shannon distance over Doane's bins of the reference, or Kolmogorov-Smirnov, above mean + 3 standard deviations of the reference's ten windows.",
    "",
    "### Windows without a change that are called drift, thresholds as published",
    "",
    ...table(
      all.map((power) => ({
        key: [power.population, count(power.rows)],
        figures: publishedRules(power).map(({ rule, falseAlarms }) => [rule, falseAlarms] as const),
      })),
      ["population", "rows"],
    ),
    ...all.flatMap((power) =>
      powerTable(power, `at equal false alarms (${100 * equalFalseAlarms} %)`, power.rules, ({ atEqual }) => atEqual),
    ),
    ...all.flatMap((power) =>
      powerTable(power, "thresholds as published", publishedRules(power), ({ asPublished }) => asPublished),
    ),
  ];
}

/** Lockstep's two scores belong to one rule. */
function publishedRules({ rules }: Power): RulePower[] {
  return rules
    .filter(({ rule }) => rule !== "Lockstep PSI")
    .map((each) => (each.rule === "Lockstep p" ? { ...each, rule: "Lockstep" } : each));
}

function powerTable(
  { population, rows, drifts }: Power,
  title: string,
  rules: readonly RulePower[],
  of: (rule: RulePower) => readonly number[],
): string[] {
  const lines = drifts.map(({ kind, severity }, at) => ({
    key: [kind, severity],
    figures: rules.map((rule) => [rule.rule, of(rule)[at]!] as const),
  }));
  return [
    `### ${population}, ${count(rows)} rows: share of changes seen, ${title}`,
    "",
    ...table(lines, ["drift", "size"]),
  ];
}

type Line = { readonly key: readonly string[]; readonly figures: readonly (readonly [string, number])[] };

/** A column for each figure's name; a line without one has a dash. */
function table(lines: readonly Line[], keys: readonly string[]): string[] {
  const names = [...new Set(lines.flatMap(({ figures }) => figures.map(([name]) => name)))];
  return [
    `| ${[...keys, ...names].join(" | ")} |`,
    `|${keys.map(() => "---|").join("")}${names.map(() => "---:|").join("")}`,
    ...lines.map(({ key, figures }) => {
      const of = new Map(figures);
      return `| ${[...key, ...names.map((name) => share(of.get(name) ?? Number.NaN))].join(" | ")} |`;
    }),
    "",
  ];
}

function share(value: number): string {
  return Number.isFinite(value) ? value.toFixed(3) : "–";
}

function count(value: number): string {
  return value.toLocaleString("en-GB");
}
