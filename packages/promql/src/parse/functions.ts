/** The functions of PromQL as of Prometheus 3: names, argument types, and which of them are experimental. */
import type { ValueType } from "./ast.ts";

export type FunctionSignature = {
  readonly name: string;
  readonly args: readonly ValueType[];
  /** How many arguments more than `args` less one are allowed: 0 for exactly `args`, Infinity for any number. */
  readonly variadic: number;
  readonly returns: ValueType;
  /** Prometheus refuses it unless a feature flag is set; `missing` is refused here even then. */
  readonly experimental: false | "written" | "missing";
};

const ANY_NUMBER = Number.POSITIVE_INFINITY;
const signatures = new Map<string, FunctionSignature>();

function declare(names: string, args: readonly ValueType[], returns: ValueType = "vector", variadic = 0): void {
  set(names, { args, variadic, returns, experimental: false });
}

function declareExperimental(names: string, args: readonly ValueType[], returns: ValueType = "vector", variadic = 0) {
  set(names, { args, variadic, returns, experimental: "written" });
}

function set(names: string, signature: Omit<FunctionSignature, "name">): void {
  for (const name of names.split(" ")) signatures.set(name, { name, ...signature });
}

declare(
  "abs absent ceil deg exp floor ln log10 log2 rad scalar sgn sort sort_desc sqrt timestamp " +
    "acos acosh asin asinh atan atanh cos cosh sin sinh tan tanh " +
    "histogram_avg histogram_count histogram_sum histogram_stddev histogram_stdvar",
  ["vector"],
);
declare("scalar", ["vector"], "scalar");
declare(
  "absent_over_time avg_over_time changes count_over_time delta deriv idelta increase irate last_over_time " +
    "max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time",
  ["matrix"],
);
declare("clamp", ["vector", "scalar", "scalar"]);
declare("clamp_max clamp_min", ["vector", "scalar"]);
declare("days_in_month day_of_month day_of_week day_of_year hour minute month year", ["vector"], "vector", 1);
declare("histogram_fraction", ["scalar", "scalar", "vector"]);
declare("histogram_quantile", ["scalar", "vector"]);
declare("label_replace", ["vector", "string", "string", "string", "string"]);
declare("label_join", ["vector", "string", "string", "string"], "vector", ANY_NUMBER);
declare("pi time", [], "scalar");
declare("predict_linear", ["matrix", "scalar"]);
declare("quantile_over_time", ["scalar", "matrix"]);
declare("round", ["vector", "scalar"], "vector", 1);
declare("vector", ["scalar"]);

declareExperimental(
  "first_over_time mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time",
  ["matrix"],
);
declareExperimental("double_exponential_smoothing", ["matrix", "scalar", "scalar"]);
declareExperimental("histogram_quantiles", ["vector", "string", "scalar", "scalar"], "vector", 9);
declareExperimental("sort_by_label sort_by_label_desc", ["vector", "string"], "vector", ANY_NUMBER);
declareExperimental("start end step range", [], "scalar");

set("info integral start_timestamp min_of max_of", {
  args: [],
  variadic: 0,
  returns: "vector",
  experimental: "missing",
});

export function functionSignature(name: string): FunctionSignature | undefined {
  return signatures.get(name);
}
