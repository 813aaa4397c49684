/** Random queries to the exact engine and to a real Prometheus that holds the same samples: the same answer or both an error. */
import { parseArgs } from "node:util";
import type { ResultValue } from "@lockstep/promql/engine/query";
import { almostEqual, printValue } from "../compare.ts";
import { exactWay } from "../exact-way.ts";
import { dataset } from "./dataset.ts";
import { generateQuery } from "./generate-query.ts";
import { type Peer, startPrometheus } from "./prometheus.ts";
import { Choices } from "./random.ts";

/** What Prometheus 3 answers otherwise than 2, so that 2 is not asked. */
const CHANGED_SINCE_2: readonly RegExp[] = [
  // Of a first value that is NaN or infinite, and of sums that overflow.
  /stddev|stdvar/,
  // 2 stops after the first steps.
  /predict_linear[^@]*@/,
  // 3 refuses many-to-many matches also where the comparison filters them away.
  /(?:[=!]=|[<>]=?) *(?:on|ignoring) /,
];

type Answer = { readonly value: ResultValue } | { readonly error: string };

async function answered(ask: () => Promise<ResultValue> | ResultValue): Promise<Answer> {
  try {
    return { value: await ask() };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { error: error.message };
  }
}

/** A series as far as two answers must agree on it. */
type Points = { readonly times: ArrayLike<number>; readonly values: ArrayLike<number> };

function pointsOf(value: ResultValue): Map<string, Points> {
  switch (value.type) {
    case "scalar":
      return new Map([["", { times: [0], values: [value.value] }]]);
    case "string":
      throw new TypeError("no generated query is a string");
    case "vector":
      return new Map(value.samples.map(({ labels, value: one }) => [labels.key, { times: [0], values: [one] }]));
    case "matrix":
      return new Map(value.series.map(({ labels, times, values }) => [labels.key, { times, values }]));
  }
}

function same(a: Answer, b: Answer): boolean {
  if ("error" in a || "error" in b) return "error" in a && "error" in b;
  const [left, right] = [pointsOf(a.value), pointsOf(b.value)];
  if (left.size !== right.size || a.value.type !== b.value.type) return false;
  return [...left].every(([key, { times, values }]) => {
    const other = right.get(key);
    if (other === undefined || other.times.length !== times.length) return false;
    return Array.from(values).every((value, i) => times[i] === other.times[i] && close(value, other.values[i]!));
  });
}

/** Sums that should be nothing are nothing but rounding, which the two may do in another order. */
function close(a: number, b: number): boolean {
  return almostEqual(a, b) || Math.abs(a - b) < 1e-9;
}

function shown(answer: Answer): string {
  const text = "error" in answer ? `error: ${answer.error}` : printValue(answer.value);
  return text.length > 1200 ? `${text.slice(0, 1200)}...` : text;
}

async function compare(peer: Peer, options: { queries: number; seed: number; startMs: number }): Promise<number> {
  const way = exactWay({ delayedNames: false, experimental: false });
  await way.load(dataset(options.startMs, options.seed));
  const choices = new Choices(options.seed + 1);
  const totals = { equal: 0, errors: 0, different: 0 };
  const changed = /version 2\./.test(peer.version) ? CHANGED_SINCE_2 : [];
  for (let i = 0; i < options.queries; i++) {
    let query = generateQuery(choices);
    while (changed.some((pattern) => pattern.test(query))) query = generateQuery(choices);
    const isRange = choices.chance(0.5);
    const from = options.startMs + 7_000 + 30_000 * (60 + choices.below(100));
    const step = 30_000 * (1 + choices.below(8));
    const to = from + step * choices.below(20);
    const [start, end] = [String(from / 1000), String(to / 1000)];
    const ours = await answered(
      async () => (await (isRange ? way.range(query, from, to, step) : way.instant(query, from))).value,
    );
    const theirs = await answered(() =>
      isRange
        ? peer.query("query_range", { query, start, end, step: String(step / 1000) })
        : peer.query("query", { query, time: start }),
    );
    if (!same(ours, theirs)) {
      totals.different++;
      const when = isRange ? `from ${start} to ${end} step ${step / 1000}` : `at ${start}`;
      console.log(`DIFFERENT ${query}\n  ${when}\n  exact:      ${shown(ours)}\n  prometheus: ${shown(theirs)}`);
    } else if ("error" in ours) totals.errors++;
    else totals.equal++;
  }
  console.log(
    `${totals.equal} equal, ${totals.errors} an error on both, ${totals.different} different (${peer.version})`,
  );
  return totals.different;
}

const { values } = parseArgs({
  options: { queries: { type: "string", default: "500" }, seed: { type: "string", default: "1" } },
});
const seed = Number(values.seed);
const startMs = Date.UTC(2026, 2, 27, 20);
const peer = await startPrometheus(dataset(startMs, seed));
if (peer === undefined) console.log("no prometheus on the PATH: nothing compared");
else {
  try {
    const different = await compare(peer, { queries: Number(values.queries), seed, startMs });
    process.exitCode = different > 0 ? 1 : 0;
  } finally {
    await peer.stop();
  }
}
