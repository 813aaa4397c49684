import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Deployed, readDeployment, readNamed } from "./deployment.ts";

let folder: string;
let config: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-deployment-"));
  config = join(folder, "prometheus.yml");
  writeFileSync(join(folder, "sasl"), "hunter2");
  writeFileSync(
    config,
    `lockstep:
  port: 3003
  metrics_port: 9500
  instance: rack-7
  shard: 2/3
  token_file: token
  clickhouse: {url: 'http://ch:8123', user: u, password_file: ch, database: gpu}
  kafka:
    brokers: [k-1:9092, k-2:9092]
    compression: gzip
    partitions: 12
    replication: 3
    ssl: {server_name: kafka}
    sasl: {mechanism: scram-sha-256, username: lockstep, password_file: sasl}
  retention: {raw: 7d}
`,
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

const surroundings = (env: Record<string, string> = {}) => ({
  root: "/root",
  cwd: folder,
  env,
  print: () => undefined,
});

describe("what a process is told", () => {
  test("the key of the configuration", async () => {
    const { env, kafka, retention } = await readDeployment("ingest", config, surroundings());
    expect(env).toMatchObject({
      LOCKSTEP_DATA: "/root/data",
      LOCKSTEP_CONFIG: config,
      LOCKSTEP_PORT: 3003,
      LOCKSTEP_METRICS_PORT: 9501,
      LOCKSTEP_INSTANCE: "rack-7",
      LOCKSTEP_SHARD: "2/3",
      LOCKSTEP_TOKEN_FILE: join(folder, "token"),
      LOCKSTEP_CLICKHOUSE_URL: "http://ch:8123",
      LOCKSTEP_CLICKHOUSE_USER: "u",
      LOCKSTEP_CLICKHOUSE_PASSWORD_FILE: join(folder, "ch"),
      LOCKSTEP_CLICKHOUSE_DATABASE: "gpu",
    });
    expect(kafka).toEqual({
      brokers: ["k-1:9092", "k-2:9092"],
      topicPrefix: "lockstep",
      compression: "gzip",
      partitions: 12,
      replication: 3,
      retentionMs: 3 * 864e5,
      ssl: { serverName: "kafka" },
      sasl: { mechanism: "scram-sha-256", username: "lockstep", passwordFile: join(folder, "sasl") },
    });
    expect(retention?.rawMs).toBe(7 * 864e5);
  });

  test("a variable wins over the key, an empty one does not", async () => {
    const given = { LOCKSTEP_SHARD: "1/2", LOCKSTEP_METRICS_PORT: "0", LOCKSTEP_KAFKA_BROKERS: "other:9092" };
    const { env, kafka } = await readDeployment("web", config, surroundings({ ...given, LOCKSTEP_INSTANCE: "" }));
    expect(env).toMatchObject({ LOCKSTEP_SHARD: "1/2", LOCKSTEP_METRICS_PORT: 0, LOCKSTEP_INSTANCE: "rack-7" });
    expect(kafka?.brokers).toEqual(["other:9092"]);
  });

  test.each<[Deployed, number]>([
    ["collector", 9464],
    ["ingest", 9465],
    ["watch", 9466],
    ["web", 9467],
  ])("without a configuration %s serves its metrics on %i", async (name, port) => {
    const { env, kafka, retention } = await readDeployment(name, undefined, surroundings());
    expect(env).toMatchObject({ LOCKSTEP_METRICS_PORT: port, LOCKSTEP_HOST: "127.0.0.1" });
    expect({ kafka, retention }).toEqual({ kafka: undefined, retention: undefined });
  });

  test("a faulty variable is named", async () => {
    await expect(readDeployment("ingest", undefined, surroundings({ LOCKSTEP_SHARD: "x" }))).rejects.toThrow(
      'LOCKSTEP_SHARD: found "x"',
    );
  });
});

describe("the command line", () => {
  test.each<[string[], Record<string, string>, string | undefined]>([
    [["ingest"], {}, undefined],
    [["ingest", "--config", "a.yml"], {}, "a.yml"],
    [["--config=a.yml", "ingest"], { LOCKSTEP_CONFIG: "/b.yml" }, "a.yml"],
    [["ingest"], { LOCKSTEP_CONFIG: "/b.yml" }, "/b.yml"],
  ])("%j %j", (argv, env, file) => {
    const expected = file?.startsWith("/") === false ? join(folder, file) : file;
    expect(readNamed("run", argv, surroundings(env), "")).toEqual({ name: "ingest", config: expected });
  });

  test.each<[string[], RegExp]>([
    [[], /lockstep run: found nothing, expected one of collector, ingest, watch, web/],
    [["store"], /found "store"/],
    [["ingest", "watch"], /found "ingest watch"/],
    [["ingest", "--cofnig", "x"], /'--cofnig'/],
  ])("%j is refused", (argv, message) => {
    expect(() => readNamed("run", argv, surroundings(), "")).toThrow(message);
  });
});
