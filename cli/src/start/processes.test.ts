import { expect, test } from "vitest";
import type { StartOptions } from "./options.ts";
import { childEnv, type ProcessName, processSpec } from "./processes.ts";

const options: StartOptions = {
  source: { kind: "none" },
  data: "/data",
  host: "127.0.0.1",
  port: 3000,
  receivePort: 4318,
  demoPort: 9400,
  tokenFile: undefined,
  metricsPort: 9500,
  deployment: { LOCKSTEP_KAFKA_BROKERS: "k:9092", LOCKSTEP_SHARD: "2/3" },
  kafka: undefined,
  clickhouse: undefined,
};
const places = { root: "/root", clickhouseUrl: "http://127.0.0.1:1", passwordFile: "/p", configFile: "/c", run: "r" };
const envOf = (change: Partial<StartOptions>, inherited = {}) => childEnv({ ...options, ...change }, places, inherited);

test("which log and which part of the work go to every process; other variables of ours are not inherited", () => {
  const asIs = { PATH: "/bin", LOCKSTEP_LOG_LEVEL: "debug", LOCKSTEP_DEMO_SCENARIO: "hang" };
  expect(envOf({}, { ...asIs, LOCKSTEP_RUN: "old", LOCKSTEP_KAFKA_BROKERS: "old:1" })).toMatchObject({
    ...asIs,
    LOCKSTEP_RUN: "r",
    LOCKSTEP_KAFKA_BROKERS: "k:9092",
    LOCKSTEP_SHARD: "2/3",
  });
});

test.each<[ProcessName, string]>([
  ["collector", "9500"],
  ["ingest", "9501"],
  ["watch", "9502"],
  ["web", "9503"],
  ["store", "0"],
  ["demo", "0"],
])("%s serves its metrics on %s", (name, port) => {
  expect(processSpec(name, options, "/root", envOf({})).env["LOCKSTEP_METRICS_PORT"]).toBe(port);
});

test.each<[string, number, string]>([
  ["127.0.0.1", 9500, "collector=127.0.0.1:9500,ingest=127.0.0.1:9501,watch=127.0.0.1:9502,web=127.0.0.1:9503"],
  ["0.0.0.0", 1, "collector=127.0.0.1:1,ingest=127.0.0.1:2,watch=127.0.0.1:3,web=127.0.0.1:4"],
  ["::", 1, "collector=[::1]:1,ingest=[::1]:2,watch=[::1]:3,web=[::1]:4"],
  ["127.0.0.1", 0, ""],
])("on %s from %i on it scrapes itself at %s", (host, metricsPort, targets) => {
  const env = envOf({ host, metricsPort });
  expect(env["LOCKSTEP_SELF_TARGETS"]).toBe(targets);
  expect(processSpec("web", { ...options, metricsPort }, "/root", env).env["LOCKSTEP_METRICS_PORT"]).toBe(
    metricsPort === 0 ? "0" : String(metricsPort + 3),
  );
});
