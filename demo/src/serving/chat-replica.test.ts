import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type ModelEffect, NO_MODEL_EFFECT } from "../model/faults.ts";
import { CHAT_BUCKETS, CHAT_HISTOGRAMS, type ChatHistogram } from "./chat-model.ts";
import { between, CHAT_PLACES, ChatReplica } from "./chat-replica.ts";
import { pythonFloat, vllmFamilies, vllmPage } from "./vllm-page.ts";

const START = Date.UTC(2026, 10, 18, 9);
const families = vllmFamilies("chat-7b");

function run(change: Partial<{ effect: ModelEffect; pace: number; part: number }> = {}, ticks = 40) {
  const replica = new ChatReplica(7, 11, 0);
  const demand = { effect: NO_MODEL_EFFECT, load: 0.6, pace: 1, part: 1, ...change };
  for (let tick = 1; tick <= ticks; tick++) replica.advance(START + tick * 15_000, 15, demand);
  return replica;
}

function mean({ values }: ChatReplica, name: ChatHistogram): number {
  const { at, cells, sum } = CHAT_PLACES.histograms[name];
  return values[sum]! / values.slice(at, at + cells).reduce((all, count) => all + count, 0);
}

function requests({ values }: ChatReplica): number {
  const { at, cells } = CHAT_PLACES.histograms.request_prompt_tokens;
  return values.slice(at, at + cells).reduce((all, count) => all + count, 0);
}

describe("a replica behind vLLM", () => {
  test("every histogram of requests counts the same requests", () => {
    const { values } = run();
    const counts = CHAT_HISTOGRAMS.filter((name) => name !== "inter_token_latency_seconds").map((name) => {
      const { at, cells } = CHAT_PLACES.histograms[name];
      return values.slice(at, at + cells).reduce((all, count) => all + count, 0);
    });
    expect(new Set(counts).size).toBe(1);
    expect(counts[0]).toBeGreaterThan(9000);
  });

  test("throttled GPUs: longer latencies, and fewer requests where peers take them", () => {
    const slow = run({ pace: 0.7, part: 0.75 });
    for (const name of ["e2e_request_latency_seconds", "time_to_first_token_seconds"] as const) {
      expect(mean(slow, name) / mean(run(), name)).toBeGreaterThan(1.25);
    }
    expect(requests(slow) / requests(run())).toBeCloseTo(0.75, 1);
    expect(mean(slow, "request_prompt_tokens") / mean(run(), "request_prompt_tokens")).toBeCloseTo(1, 1);
  });

  test("longer prompts: more tokens, hardly a longer wait", () => {
    const longer = run({ effect: { ...NO_MODEL_EFFECT, promptFactor: 2.2 } });
    expect(mean(longer, "request_prompt_tokens") / mean(run(), "request_prompt_tokens")).toBeGreaterThan(1.8);
    expect(mean(longer, "time_to_first_token_seconds") / mean(run(), "time_to_first_token_seconds")).toBeLessThan(1.05);
  });

  test("a broken replica: no prompt is longer than its limit", () => {
    const { values } = run({ effect: { ...NO_MODEL_EFFECT, truncated: new Map([[0, 128]]) } });
    const { at, cells } = CHAT_PLACES.histograms.request_prompt_tokens;
    const above = CHAT_BUCKETS.request_prompt_tokens.findIndex((upper) => upper >= 128);
    expect(values.slice(at + above + 1, at + cells).every((count) => count === 0)).toBe(true);
  });

  test("a replica that stands still answers nothing, and requests wait", () => {
    const replica = run();
    const before = requests(replica);
    replica.advance(START + 4_000_000, 15, { effect: NO_MODEL_EFFECT, load: 0.6, pace: 0, part: 1 });
    expect(requests(replica)).toBe(before);
    expect(replica.values[CHAT_PLACES.waiting]).toBeGreaterThan(0);
  });

  test("between two ticks counters rise from the one to the other", () => {
    const before = run({}, 3).values;
    const after = run({}, 4).values;
    const shown = before.slice();
    let last = before.slice();
    for (const share of [0, 0.1, 0.55, 0.9, 1]) {
      between(before, after, share, shown);
      for (let place = 0; place < CHAT_PLACES.running; place++)
        expect(shown[place]).toBeGreaterThanOrEqual(last[place]!);
      last = shown.slice();
    }
    expect(shown).toEqual(after);
  });
});

describe("its page", () => {
  const page = vllmPage(families, run().values);
  const lines = page.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

  test("says that it is simulated, and its buckets add up", () => {
    expect(page).toMatch(/^# Simulated/);
    for (const name of CHAT_HISTOGRAMS) {
      const buckets = lines
        .filter((line) => line.startsWith(`vllm:${name}_bucket{`))
        .map((line) => Number(line.split(" ")[1]));
      expect(buckets).toHaveLength(CHAT_BUCKETS[name].length + 1);
      expect(buckets).toEqual([...buckets].sort((a, b) => a - b));
      const count = lines.find((line) => line.startsWith(`vllm:${name}_count{`));
      expect(Number(count?.split(" ")[1])).toBe(buckets.at(-1));
    }
  });

  test("families, labels and buckets are those of a real vLLM", ({ skip }) => {
    const recorded = new URL("../../../../shared/samples/model_servers/vllm_v1_kops_full_scrape.prom", import.meta.url);
    if (!existsSync(recorded)) {
      console.log(`skipped: no recorded page of vLLM at ${fileURLToPath(recorded)}`);
      return skip();
    }
    const real = readFileSync(recorded, "utf8");
    const label = (line: string) => line.replace(/ [^ ]+$/, "").replace(/model_name="[^"]*"/, 'model_name="chat-7b"');
    const known = new Set(real.split("\n").map(label));
    // Its model takes 8192 tokens at the most, ours 10,000 and more.
    const others = lines.map(label).filter((line) => !known.has(line) && !line.includes('le="10000.0"'));
    expect(others).toEqual([]);
    const types = page.split("\n").filter((line) => line.startsWith("# TYPE") || line.startsWith("# HELP"));
    expect(types.filter((line) => !real.includes(line))).toEqual([]);
  });

  test.each([
    [0, "0.0"],
    [0.001, "0.001"],
    [14_250, "14250.0"],
    [999_999, "999999.0"],
    [1_126_473_728, "1.126473728e+09"],
    [1_000_000, "1e+06"],
    [1234567.25, "1.23456725e+06"],
  ])("%f is printed as %s", (value, text) => {
    expect(pythonFloat(value)).toBe(text);
    expect(Number(text)).toBe(value);
  });
});
