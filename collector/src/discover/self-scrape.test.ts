import { compileRelabel } from "@lockstep/config/relabel";
import { buildTargets } from "@lockstep/config/target";
import { expect, test } from "vitest";
import { createPageLabels } from "../enrich/page-labels.ts";
import { selfScrapeConfig } from "./self-scrape.ts";

test("no targets, no scrape config", () => {
  expect(selfScrapeConfig("", undefined)).toBeUndefined();
  expect(selfScrapeConfig(" , ", "/token")).toBeUndefined();
});

test("each process is a target of pool lockstep", () => {
  const config = selfScrapeConfig("collector=127.0.0.1:9464, ingest=[::1]:9465,ingest=ingest-2:9465", undefined)!;
  const { targets, errors } = buildTargets(config, config.staticConfigs);
  expect(errors).toEqual([]);
  expect(targets.map(({ url, labels }) => [url, Object.fromEntries(labels)])).toEqual([
    ["http://127.0.0.1:9464/metrics", { instance: "127.0.0.1:9464", job: "lockstep", process: "collector" }],
    ["http://[::1]:9465/metrics", { instance: "[::1]:9465", job: "lockstep", process: "ingest" }],
    ["http://ingest-2:9465/metrics", { instance: "ingest-2:9465", job: "lockstep", process: "ingest" }],
  ]);
  for (const target of targets) expect(target).toMatchObject({ intervalMs: 15_000, timeoutMs: 10_000 });
  expect(config.authorization).toBeUndefined();
});

test("the training job that a verdict names is its label job, and what names none has the target's", () => {
  const config = selfScrapeConfig("watch=127.0.0.1:9466", undefined)!;
  const [target] = buildTargets(config, config.staticConfigs).targets;
  const { honorLabels, limits, metricRelabelConfigs } = target!.scrape;
  const relabel = compileRelabel(metricRelabelConfigs);
  const labelled = createPageLabels({ targetLabels: target!.labels, honorLabels, limits, relabel });
  const jobOf = (page: Record<string, string>) => {
    const series = labelled(new Map(Object.entries(page)));
    return series === "dropped" ? series : series.labels.get("job");
  };
  expect(jobOf({ __name__: "lockstep_job_step_seconds", job: "train-a" })).toBe("train-a");
  expect(jobOf({ __name__: "lockstep_watch_leads" })).toBe("lockstep");
});

test("with a token's file its content goes along", () => {
  const { authorization } = selfScrapeConfig("collector=127.0.0.1:9464", "/run/secrets/token")!;
  expect(authorization).toEqual({ type: "Bearer", credentialsFile: "/run/secrets/token" });
});

test.each([
  "collector",
  "collector=",
  "=127.0.0.1:1",
  "c=127.0.0.1",
  "c=http://h:1",
  "c=h:99999",
  "c=u@h:1",
  "c=h:1/m",
])("%s is refused", (entry) => {
  expect(() => selfScrapeConfig(`ok=h:1,${entry}`, undefined)).toThrow(
    `LOCKSTEP_SELF_TARGETS: found ${JSON.stringify(entry)}, expected NAME=HOST:PORT, such as collector=127.0.0.1:9464`,
  );
});
