/** Random queries over the dataset, of everything PromQL has that is not experimental. */
import type { Choices } from "./random.ts";

const GAUGES = ["power_watts", "odd_value", "node_info", "power_watts", "errors_total"];
const COUNTERS = ["energy_joules_total", "errors_total", "latency_seconds_bucket"];
const MATCHERS = [
  'node="n1"',
  'node!="n2"',
  'gpu=~"0|1"',
  'gpu!~"1"',
  'node=~"n.*"',
  'job="dcgm"',
  'gpu=""',
  'nosuch="x"',
];
const LABELS = ["node", "gpu", "job", "le", "model"];
// Off the multiples of any subquery step, so that no point falls on a window's left end.
const RANGES = ["61s", "5m3s", "10m1s", "22m", "1h3s"];
const OFFSETS = ["30s", "1m", "-2m", "17m30s"];
const OVER_TIME = ["sum", "avg", "min", "max", "count", "last", "present", "stddev", "stdvar"].map(
  (op) => `${op}_over_time`,
);
const RANGE_FUNCTIONS = ["delta", "idelta", "deriv", "resets", "changes", ...OVER_TIME, ...OVER_TIME];
const COUNTER_FUNCTIONS = ["rate", "increase", "irate"];
const ELEMENTWISE = [
  "abs",
  "ceil",
  "floor",
  "sgn",
  "sqrt",
  "exp",
  "ln",
  "log2",
  "log10",
  "atan",
  "sinh",
  "cos",
  "deg",
  "rad",
];
const DATES = ["minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month", "year"];
const AGGREGATIONS = ["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"];
// atan2 kept the metric name before Prometheus 3, so it is left to the test files.
const ARITHMETIC = ["+", "-", "*", "/", "%", "^"];
const COMPARISONS = ["==", "!=", ">", "<", ">=", "<="];
const SETS = ["and", "or", "unless"];
const NUMBERS = ["0", "1", "2", "0.5", "-3", "1e3", "100", "Inf", "NaN"];

export function generateQuery(choices: Choices): string {
  return choices.chance(0.08) ? scalar(choices, 2) : vector(choices, 3);
}

function selector(choices: Choices, names: readonly string[]): string {
  const matchers = choices.some(MATCHERS).slice(0, choices.below(3));
  return `${choices.of(names)}${matchers.length > 0 ? `{${matchers.join(",")}}` : ""}`;
}

function modifiers(choices: Choices): string {
  const offset = choices.chance(0.2) ? ` offset ${choices.of(OFFSETS)}` : "";
  const at = choices.chance(0.07) ? ` @ ${choices.of(["start()", "end()"])}` : "";
  return choices.chance(0.5) ? `${offset}${at}` : `${at}${offset}`;
}

function grouping(choices: Choices): string {
  const kind = choices.below(3);
  if (kind === 0) return "";
  return ` ${kind === 1 ? "by" : "without"} (${choices.some(LABELS).join(", ")}) `;
}

function scalar(choices: Choices, depth: number): string {
  const kind = depth <= 0 ? 0 : choices.below(6);
  if (kind === 1) return `(${scalar(choices, depth - 1)} ${choices.of(ARITHMETIC)} ${scalar(choices, depth - 1)})`;
  if (kind === 2)
    return `(${scalar(choices, depth - 1)} ${choices.of(COMPARISONS)} bool ${scalar(choices, depth - 1)})`;
  if (kind === 3) return `scalar(${vector(choices, depth - 1)})`;
  if (kind === 4) return choices.of(["time()", "pi()", "-time()"]);
  return choices.of(NUMBERS);
}

function range(choices: Choices, depth: number, names: readonly string[]): string {
  if (depth > 0 && choices.chance(0.2)) {
    const step = choices.of(["", "30s", "1m", "5m"]);
    return `(${vector(choices, depth - 1)})[${choices.of(RANGES)}:${step}]${modifiers(choices)}`;
  }
  return `${selector(choices, names)}[${choices.of(RANGES)}]${modifiers(choices)}`;
}

function vector(choices: Choices, depth: number): string {
  const kinds =
    depth <= 0 ? [selected] : [selected, rates, overTime, aggregated, aggregated, binary, binary, called, called];
  return choices.of(kinds)(choices, depth);
}

function selected(choices: Choices): string {
  return `${selector(choices, [...GAUGES, ...COUNTERS])}${modifiers(choices)}`;
}

function rates(choices: Choices, depth: number): string {
  return `${choices.of(COUNTER_FUNCTIONS)}(${range(choices, depth - 1, COUNTERS)})`;
}

function overTime(choices: Choices, depth: number): string {
  const kind = choices.below(10);
  const samples = range(choices, depth - 1, GAUGES);
  if (kind === 0) return `quantile_over_time(${choices.of(["0.5", "0.9", "0", "1", "1.5"])}, ${samples})`;
  if (kind === 1) return `predict_linear(${samples}, ${choices.of(["60", "3600", "-10"])})`;
  if (kind === 2) return `absent_over_time(${samples})`;
  return `${choices.of(RANGE_FUNCTIONS)}(${samples})`;
}

function aggregated(choices: Choices, depth: number): string {
  const inner = vector(choices, depth - 1);
  const group = grouping(choices);
  const kind = choices.below(10);
  // Of series whose values differ: which of equal ones are kept is nobody's promise.
  const distinct = selector(choices, ["power_watts", "energy_joules_total"]);
  if (kind === 0) return `topk${group}(${choices.of(["1", "2", "5"])}, ${distinct})`;
  if (kind === 1) return `bottomk${group}(${choices.of(["1", "2", "5"])}, ${distinct})`;
  if (kind === 2) return `quantile${group}(${choices.of(["0.5", "0.25", "1", "-1"])}, ${inner})`;
  if (kind === 3) return `count_values${group}("value", round(${inner}))`;
  return `${choices.of(AGGREGATIONS)}${group}(${inner})`;
}

function matching(choices: Choices): string {
  const kind = choices.below(4);
  if (kind === 0) return "";
  const labels = choices.some(LABELS).join(", ");
  const clause = `${choices.chance(0.6) ? "on" : "ignoring"} (${labels})`;
  if (kind < 3) return clause;
  return `${clause} group_${choices.of(["left", "right"])}(${choices.chance(0.3) ? "model" : ""})`;
}

function binary(choices: Choices, depth: number): string {
  const [left, right] = [vector(choices, depth - 1), vector(choices, depth - 1)];
  const kind = choices.below(7);
  if (kind === 0) return `(${left}) ${choices.of(ARITHMETIC)} ${scalar(choices, 1)}`;
  if (kind === 1) return `${scalar(choices, 1)} ${choices.of(ARITHMETIC)} (${left})`;
  if (kind === 2)
    return `(${left}) ${choices.of(COMPARISONS)}${choices.chance(0.4) ? " bool" : ""} ${scalar(choices, 1)}`;
  if (kind === 3) {
    const clause = choices.chance(0.5)
      ? `${choices.chance(0.5) ? "on" : "ignoring"} (${choices.some(LABELS).join(", ")})`
      : "";
    return `(${left}) ${choices.of(SETS)} ${clause} (${right})`;
  }
  if (kind === 4)
    return `${left} ${choices.of(COMPARISONS)}${choices.chance(0.4) ? " bool" : ""} ${matching(choices)} ${right}`;
  return `${left} ${choices.of(ARITHMETIC)} ${matching(choices)} ${right}`;
}

function called(choices: Choices, depth: number): string {
  const inner = vector(choices, depth - 1);
  switch (choices.below(11)) {
    case 0:
      return `clamp(${inner}, ${scalar(choices, 0)}, ${scalar(choices, 0)})`;
    case 1:
      return `${choices.of(["clamp_min", "clamp_max"])}(${inner}, ${scalar(choices, 0)})`;
    case 2:
      return `round(${inner}${choices.chance(0.5) ? `, ${choices.of(["0.1", "5", "10"])}` : ""})`;
    case 3:
      return `label_replace(${inner}, "${choices.of(["place", "gpu"])}", "$1-x", "${choices.of(LABELS)}", "(.*)")`;
    case 4:
      return `label_join(${inner}, "both", "/", "node", "gpu")`;
    case 5:
      return `absent(${inner})`;
    case 6:
      return `histogram_quantile(${choices.of(["0.5", "0.9", "0.99", "0", "1"])}, rate(latency_seconds_bucket[5m3s]))`;
    case 7:
      return `${choices.of(DATES)}(${choices.chance(0.5) ? "" : inner})`;
    case 8:
      return choices.chance(0.5) ? `timestamp(${inner})` : `-(${inner})`;
    case 9:
      return `vector(${scalar(choices, 1)})`;
    default:
      return `${choices.of(ELEMENTWISE)}(${inner})`;
  }
}
