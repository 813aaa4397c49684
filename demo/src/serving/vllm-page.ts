/** The page of one replica, as vLLM prints it through Python's prometheus_client. */
import { CHAT_BUCKETS, CHAT_HISTOGRAMS, type ChatHistogram } from "./chat-model.ts";
import { CHAT_PLACES, SECONDS_DECIMALS } from "./chat-replica.ts";

export const SIMULATED_SERVER = "# Simulated by the Lockstep demo: neither this model server nor its requests exist.\n";

export type VllmLine = {
  /** With its suffix. */
  readonly name: string;
  readonly labels: readonly (readonly [string, string])[];
  readonly decimals: 0 | typeof SECONDS_DECIMALS;
};

export type VllmFamily = {
  readonly name: string;
  readonly type: "histogram" | "counter" | "gauge";
  readonly help: string;
  readonly lines: readonly VllmLine[];
};

const SINGLE: readonly (Omit<VllmFamily, "lines"> & { readonly place: number })[] = [
  {
    name: "vllm:num_requests_running",
    type: "gauge",
    help: "Number of requests in model execution batches.",
    place: CHAT_PLACES.running,
  },
  {
    name: "vllm:num_requests_waiting",
    type: "gauge",
    help: "Number of requests waiting to be processed.",
    place: CHAT_PLACES.waiting,
  },
  {
    name: "vllm:prefix_cache_queries_total",
    type: "counter",
    help: "Prefix cache queries, in terms of number of queried tokens.",
    place: CHAT_PLACES.cacheQueries,
  },
  {
    name: "vllm:prefix_cache_hits_total",
    type: "counter",
    help: "Prefix cache hits, in terms of number of cached tokens.",
    place: CHAT_PLACES.cacheHits,
  },
  {
    name: "vllm:prompt_tokens_total",
    type: "counter",
    help: "Number of prefill tokens processed.",
    place: CHAT_PLACES.histograms.request_prompt_tokens.sum,
  },
  {
    name: "vllm:generation_tokens_total",
    type: "counter",
    help: "Number of generation tokens processed.",
    place: CHAT_PLACES.histograms.request_generation_tokens.sum,
  },
];

/** Nothing is aborted here, and nothing fails. */
const FINISHED = ["stop", "length", "abort", "error"] as const;

const HISTOGRAM_HELP: Readonly<Record<ChatHistogram, string>> = {
  request_prompt_tokens: "Number of prefill tokens processed.",
  request_generation_tokens: "Number of generation tokens processed.",
  time_to_first_token_seconds: "Histogram of time to first token in seconds.",
  inter_token_latency_seconds: "Histogram of inter-token latency in seconds.",
  e2e_request_latency_seconds: "Histogram of e2e request latency in seconds.",
};

/** Of one model's replica, in the order of the page. */
export function vllmFamilies(model: string): VllmFamily[] {
  const modelName = ["model_name", model] as const;
  const own = [ENGINE, modelName];
  const name = "vllm:request_success_total";
  const finished = FINISHED.map((reason): VllmLine => {
    return { name, labels: [ENGINE, ["finished_reason", reason], modelName], decimals: 0 };
  });
  return [
    ...SINGLE.map(({ name, type, help }): VllmFamily => {
      return { name, type, help, lines: [{ name, labels: own, decimals: 0 }] };
    }),
    { name, type: "counter", help: "Count of successfully processed requests.", lines: finished },
    ...CHAT_HISTOGRAMS.map((histogram) => histogramFamily(histogram, modelName)),
  ];
}

const ENGINE = ["engine", "0"] as const;

function histogramFamily(histogram: ChatHistogram, modelName: readonly [string, string]): VllmFamily {
  const name = `vllm:${histogram}`;
  const labels = [ENGINE, modelName];
  const bucket = (le: string): VllmLine => {
    return { name: `${name}_bucket`, labels: [ENGINE, ["le", le], modelName], decimals: 0 };
  };
  const lines: VllmLine[] = [
    ...CHAT_BUCKETS[histogram].map((upper) => bucket(pythonFloat(upper))),
    bucket("+Inf"),
    { name: `${name}_count`, labels, decimals: 0 },
    { name: `${name}_sum`, labels, decimals: histogram.endsWith("seconds") ? SECONDS_DECIMALS : 0 },
  ];
  return { name, type: "histogram", help: HISTOGRAM_HELP[histogram], lines };
}

export const VLLM_LINES = vllmFamilies("").reduce((sum, { lines }) => sum + lines.length, 0);

/** The values of a replica's lines, in the order of the page, into `into` of VLLM_LINES places. */
export function readLines(values: Float64Array, into: Float64Array): void {
  let line = 0;
  for (const { place } of SINGLE) into[line++] = values[place]!;
  const prompts = CHAT_PLACES.histograms.request_prompt_tokens;
  let requests = 0;
  for (let cell = 0; cell < prompts.cells; cell++) requests += values[prompts.at + cell]!;
  const cutOff = values[CHAT_PLACES.cutOff]!;
  into[line++] = requests - cutOff;
  into[line++] = cutOff;
  into[line++] = 0;
  into[line++] = 0;
  for (const name of CHAT_HISTOGRAMS) {
    const { at, cells, sum } = CHAT_PLACES.histograms[name];
    let upTo = 0;
    for (let cell = 0; cell < cells; cell++) {
      upTo += values[at + cell]!;
      into[line++] = upTo;
    }
    into[line++] = upTo;
    into[line++] = values[sum]!;
  }
}

export function vllmPage(families: readonly VllmFamily[], values: Float64Array): string {
  const numbers = new Float64Array(VLLM_LINES);
  readLines(values, numbers);
  let at = 0;
  let page = SIMULATED_SERVER;
  for (const { name, type, help, lines } of families) {
    page += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    for (const { name, labels } of lines) {
      const pairs = labels.map(([label, value]) => `${label}="${value}"`).join(",");
      page += `${name}{${pairs}} ${pythonFloat(numbers[at++]!)}\n`;
    }
  }
  return page;
}

/** As prometheus_client prints a float: repr, and from a million on with an exponent of two digits. */
export function pythonFloat(value: number): string {
  const text = Number.isInteger(value) ? `${value}.0` : String(value);
  const dot = text.indexOf(".");
  if (value <= 0 || dot <= 6) return text;
  const digits = `${text.slice(0, dot)}${text.slice(dot + 1)}`.replace(/0+$/, "");
  const mantissa = `${digits[0]}.${digits.slice(1)}`.replace(/\.$/, "");
  return `${mantissa}e+${String(dot - 1).padStart(2, "0")}`;
}
