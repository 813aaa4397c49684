/** chat-7b, a large language model behind vLLM: how long its prompts and answers are, and how long it takes for them. */
import type { ModelEffect } from "../model/faults.ts";
import { rampedShare } from "../model/load.ts";
import { smoothNoise } from "../model/noise.ts";
import { type LogNormal, logNormalShares, meanOf, middlesOf } from "./shares.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Requests a second that one replica can answer at full clocks. */
export const CAPACITY_PER_SECOND = 32;
const LONGEST_ANSWER_TOKENS = 2048;

/** vLLM's buckets: 1, 2, 5, 10, ... up to the longest that the model takes. */
const TOKENS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

/** Upper bounds of each histogram's buckets, without +Inf, as vLLM has them. */
export const CHAT_BUCKETS = {
  request_prompt_tokens: TOKENS,
  request_generation_tokens: TOKENS,
  time_to_first_token_seconds: [
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560,
  ],
  inter_token_latency_seconds: [
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
  ],
  e2e_request_latency_seconds: [
    0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
  ],
} as const satisfies Record<string, readonly number[]>;

export type ChatHistogram = keyof typeof CHAT_BUCKETS;
export const CHAT_HISTOGRAMS = Object.keys(CHAT_BUCKETS) as ChatHistogram[];
/** A value inside of each cell, of which sums are made. */
export const CHAT_MIDDLES = Object.fromEntries(
  CHAT_HISTOGRAMS.map((name) => [name, middlesOf(CHAT_BUCKETS[name])]),
) as Record<ChatHistogram, number[]>;

const ANSWERS: LogNormal = { weight: 1, median: 185, sigma: 0.8 };
const ANSWER_SHARES = logNormalShares([ANSWERS], TOKENS, LONGEST_ANSWER_TOKENS);
const MEAN_ANSWER_TOKENS = meanOf(ANSWER_SHARES, CHAT_MIDDLES.request_generation_tokens);
const CUT_OFF = logNormalShares([ANSWERS], [LONGEST_ANSWER_TOKENS])[1]!;

/** What the requests of a replica are like at a moment. */
export type ChatMoment = {
  readonly shares: Readonly<Record<ChatHistogram, Float64Array>>;
  /** Of the prompts' tokens: found in the prefix cache. */
  readonly cached: number;
  readonly meanAnswerTokens: number;
  readonly meanLatencySeconds: number;
  /** Answers that were cut off at the longest. */
  readonly cutOff: number;
};

/** `load` is the share of its capacity that is asked for; `pace` that of its GPUs' full speed, above 0. */
export function chatMoment(
  effect: ModelEffect,
  replica: number,
  seed: number,
  stream: number,
  timeMs: number,
  load: number,
  pace: number,
): ChatMoment {
  const prompts = promptsOf(effect, seed, stream, timeMs);
  const longest = effect.truncated.get(replica) ?? Infinity;
  const promptShares = logNormalShares(prompts, TOKENS, longest);
  const perToken = (0.0104 * (1 + 0.08 * load)) / pace;
  // What a prompt repeats of an earlier one is in the cache: only the rest takes time.
  const cached = 1 - (1 - 0.32) / effect.promptFactor;
  const computed = meanOf(promptShares, CHAT_MIDDLES.request_prompt_tokens) * (1 - cached);
  const first = (0.062 * (1 + 0.1 * load) + computed * 2.2e-5) / pace;
  const whole = [{ ...ANSWERS, median: first + ANSWERS.median * perToken }];
  const longestSeconds = first + LONGEST_ANSWER_TOKENS * perToken;
  const wholeShares = logNormalShares(whole, CHAT_BUCKETS.e2e_request_latency_seconds, longestSeconds);
  return {
    shares: {
      request_prompt_tokens: promptShares,
      request_generation_tokens: ANSWER_SHARES,
      time_to_first_token_seconds: logNormalShares(
        [{ weight: 1, median: first, sigma: 0.45 }],
        CHAT_BUCKETS.time_to_first_token_seconds,
      ),
      inter_token_latency_seconds: logNormalShares(
        [
          { weight: 0.97, median: perToken, sigma: 0.22 },
          { weight: 0.03, median: 4 * perToken, sigma: 0.4 },
        ],
        CHAT_BUCKETS.inter_token_latency_seconds,
      ),
      e2e_request_latency_seconds: wholeShares,
    },
    cached,
    meanAnswerTokens: MEAN_ANSWER_TOKENS,
    meanLatencySeconds: meanOf(wholeShares, CHAT_MIDDLES.e2e_request_latency_seconds),
    cutOff: CUT_OFF,
  };
}

/** Short questions, and documents to work on: more of those in the working hours of a week. */
function promptsOf({ promptFactor }: ModelEffect, seed: number, stream: number, timeMs: number): LogNormal[] {
  const documents = 0.12 + 0.14 * workingHours(timeMs) + 0.006 * smoothNoise(seed, stream + 71, timeMs, 3 * HOUR_MS);
  const wording = 1 + 0.02 * smoothNoise(seed, stream + 72, timeMs, 5 * HOUR_MS);
  return [
    { weight: 1 - documents, median: 170 * promptFactor * wording, sigma: 0.85 },
    { weight: documents, median: 1900 * promptFactor * wording, sigma: 0.6 },
  ];
}

/** 1 in the middle of a working day (UTC), 0 at night and on Saturday and Sunday. */
export function workingHours(timeMs: number): number {
  // 1970-01-01 was a Thursday.
  const weekday = (Math.floor(timeMs / DAY_MS) + 3) % 7;
  return weekday >= 5 ? 0 : rampedShare((timeMs % DAY_MS) / HOUR_MS - 6, 13, 4);
}
