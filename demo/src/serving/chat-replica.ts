/** One replica of a model behind vLLM: what its counters and gauges stand at. Counters only rise. */
import type { ModelEffect } from "../model/faults.ts";
import {
  CAPACITY_PER_SECOND,
  CHAT_BUCKETS,
  CHAT_HISTOGRAMS,
  CHAT_MIDDLES,
  type ChatHistogram,
  chatMoment,
} from "./chat-model.ts";
import { Draws, drawArrivals, drawCells, requestsOf } from "./draws.ts";

/** Where a histogram's cells stand among the values of a replica, its sum after them. */
export const CHAT_PLACES = places();

function places() {
  let next = 0;
  const histograms = {} as Record<ChatHistogram, { readonly at: number; readonly cells: number; readonly sum: number }>;
  for (const name of CHAT_HISTOGRAMS) {
    const cells = CHAT_BUCKETS[name].length + 1;
    histograms[name] = { at: next, cells, sum: next + cells };
    next += cells + 1;
  }
  const cutOff = next++;
  const cacheQueries = next++;
  const cacheHits = next++;
  /** Counters are before it, gauges from there on. */
  const running = next++;
  return { histograms, cutOff, cacheQueries, cacheHits, running, waiting: next++, values: next };
}

/** Decimals that the sums of seconds keep. */
export const SECONDS_DECIMALS = 3;

export type ChatDemand = {
  readonly effect: ModelEffect;
  /** Share of its capacity that is asked for, before what `effect` adds. */
  readonly load: number;
  /** Share of its GPUs' full speed; 0: it stands still. */
  readonly pace: number;
  /** Its part of all requests, 1 where replicas share evenly. */
  readonly part: number;
};

export class ChatReplica {
  readonly values: Float64Array;
  readonly #replica: number;
  readonly #seed: number;
  /** Of the model, and of this replica. */
  readonly #stream: number;
  readonly #own: number;

  constructor(seed: number, stream: number, replica: number, values?: readonly number[]) {
    this.#seed = seed;
    this.#stream = stream;
    this.#replica = replica;
    this.#own = stream + 7_000 + replica;
    this.values = values === undefined ? new Float64Array(CHAT_PLACES.values) : Float64Array.from(values);
  }

  /** Answers what comes in `seconds` up to `toMs`. */
  advance(toMs: number, seconds: number, { effect, load, pace, part }: ChatDemand): void {
    const { values } = this;
    const asked = load * effect.traffic * part;
    if (pace <= 0 || seconds <= 0) {
      values[CHAT_PLACES.running] = 0;
      values[CHAT_PLACES.waiting] = pace <= 0 ? Math.round(asked * CAPACITY_PER_SECOND * 10) : 0;
      return;
    }
    const draws = new Draws(this.#seed, this.#own, Math.floor(toMs / 1000));
    const moment = chatMoment(effect, this.#replica, this.#seed, this.#stream, toMs, asked, pace);
    const perSecond = CAPACITY_PER_SECOND * asked;
    const arrivals = drawArrivals(draws, perSecond * seconds);
    const requests = requestsOf(arrivals);
    for (const name of CHAT_HISTOGRAMS) {
      const { at } = CHAT_PLACES.histograms[name];
      const before = values.slice(at, at + CHAT_PLACES.histograms[name].cells);
      if (name === "inter_token_latency_seconds") {
        // One for each token but the first; those of a request are alike, so they scatter as if they were fewer.
        const tokens = Math.round(requests * moment.meanAnswerTokens * (1 + 0.01 * draws.normal()));
        draws.multinomial(Math.floor(tokens / TOKENS_ALIKE), moment.shares[name], values, at, TOKENS_ALIKE);
      } else drawCells(draws, arrivals, moment.shares[name], values, at);
      this.#addToSum(name, before);
    }
    const prompts = CHAT_PLACES.histograms.request_prompt_tokens;
    values[CHAT_PLACES.cutOff]! += draws.binomial(requests, moment.cutOff);
    const queried = values[prompts.sum]! - values[CHAT_PLACES.cacheQueries]!;
    values[CHAT_PLACES.cacheQueries] = values[prompts.sum]!;
    values[CHAT_PLACES.cacheHits]! += Math.round(queried * moment.cached);
    values[CHAT_PLACES.running] = Math.round(perSecond * moment.meanLatencySeconds);
    values[CHAT_PLACES.waiting] = draws.poisson(0.4 * asked ** 3);
  }

  /** Adds the middles of the cells that have grown since `before`: a sum lies within its buckets. */
  #addToSum(name: ChatHistogram, before: Float64Array): void {
    const { at, cells, sum } = CHAT_PLACES.histograms[name];
    const middles = CHAT_MIDDLES[name];
    let added = 0;
    for (let cell = 0; cell < cells; cell++) added += (this.values[at + cell]! - before[cell]!) * middles[cell]!;
    const steps = name.endsWith("seconds") ? 10 ** SECONDS_DECIMALS : 1;
    this.values[sum] = Math.round((this.values[sum]! + added) * steps) / steps;
  }
}

const TOKENS_ALIKE = 16;

/** What is shown between two ticks: requests and tokens are whole. */
export function between(before: Float64Array, after: Float64Array, share: number, into: Float64Array): void {
  for (let place = 0; place < into.length; place++) {
    into[place] = Math.floor(before[place]! + (after[place]! - before[place]!) * share);
  }
  for (const name of CHAT_HISTOGRAMS) {
    if (!name.endsWith("seconds")) continue;
    const { sum } = CHAT_PLACES.histograms[name];
    const exact = before[sum]! + (after[sum]! - before[sum]!) * share;
    into[sum] = Math.round(exact * 10 ** SECONDS_DECIMALS) / 10 ** SECONDS_DECIMALS;
  }
}
