/** The distributed form on one machine: a real Kafka, and every process on its own, several of a kind where asked. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSpoolProducer } from "@lockstep/log/spool/producer";
import { type Broker, startBroker } from "@lockstep/log/test/kafka/broker";
import { createStore, type Store, type StoreOptions } from "@lockstep/store/client";
import { migrate } from "@lockstep/store/migrate";
import { freePorts } from "../ports.ts";
import { root } from "../system.ts";
import { Cluster } from "./cluster.ts";
import { KeptProcess } from "./kept-process.ts";
import { SlowPath } from "./slow-path.ts";

export type DeploymentOptions = {
  /** host:port of what is scraped; with their jobs' settings, as YAML. Undefined: no collector. */
  readonly config?: string;
  readonly collectors?: number;
  readonly ingests?: number;
  readonly partitions?: number;
  /** How much later ClickHouse's answers reach the ingests, as if it stood far away. */
  readonly clickhouseDelayMs?: number;
  readonly brokerProperties?: Readonly<Record<string, string>>;
};

const PREFIX = "lockstep";

export class Deployment {
  readonly folder: string;
  readonly broker: Broker;
  readonly storeProcess: KeptProcess;
  readonly collectors: readonly KeptProcess[];
  readonly ingests: readonly KeptProcess[];
  readonly store: Store;
  readonly cluster: Cluster;
  /** What every process of it is told. */
  readonly env: Readonly<Record<string, string>>;
  readonly #slowPath: SlowPath | undefined;

  private constructor(parts: {
    folder: string;
    broker: Broker;
    storeProcess: KeptProcess;
    collectors: readonly KeptProcess[];
    ingests: readonly KeptProcess[];
    storeOptions: StoreOptions;
    env: Readonly<Record<string, string>>;
    slowPath: SlowPath | undefined;
  }) {
    this.folder = parts.folder;
    this.broker = parts.broker;
    this.storeProcess = parts.storeProcess;
    this.collectors = parts.collectors;
    this.ingests = parts.ingests;
    this.store = createStore(parts.storeOptions);
    this.cluster = new Cluster(parts.broker.address, PREFIX);
    this.env = parts.env;
    this.#slowPath = parts.slowPath;
  }

  static async start(options: DeploymentOptions): Promise<Deployment> {
    const folder = mkdtempSync(join(tmpdir(), "lockstep-chaos-"));
    mkdirSync(join(folder, "logs"));
    const { brokerProperties } = options;
    const broker = await startBroker(brokerProperties === undefined ? {} : { properties: brokerProperties });
    const [storePort = 0, ...receivePorts] = await freePorts(1 + (options.collectors ?? 1));
    const passwordFile = join(folder, "password");
    writeFileSync(passwordFile, "chaos-chaos-chaos\n");
    const url = `http://127.0.0.1:${storePort}`;
    const env = {
      LOCKSTEP_CLICKHOUSE_URL: url,
      LOCKSTEP_CLICKHOUSE_PASSWORD_FILE: passwordFile,
      LOCKSTEP_KAFKA_BROKERS: broker.address,
      LOCKSTEP_KAFKA_TOPIC_PREFIX: PREFIX,
      LOCKSTEP_KAFKA_PARTITIONS: String(options.partitions ?? 4),
      LOCKSTEP_RUN: "chaos",
    };
    const make = (name: string, script: string, more: Record<string, string> = {}) =>
      new KeptProcess({
        name,
        script: join(root, script),
        logFile: join(folder, "logs", `${name}.log`),
        env: { ...env, LOCKSTEP_DATA: join(folder, name), LOCKSTEP_INSTANCE: name, ...more },
      });
    const storeProcess = make("store", "packages/store/src/embedded/main.ts", { UV_THREADPOOL_SIZE: "16" });
    mkdirSync(join(folder, "store"));
    const collectors = options.config === undefined ? [] : makeCollectors(folder, options.config, receivePorts, make);
    const slowPath =
      options.clickhouseDelayMs === undefined
        ? undefined
        : new SlowPath({ host: "127.0.0.1", port: storePort }, options.clickhouseDelayMs);
    const ingestUrl = slowPath === undefined ? url : `http://127.0.0.1:${await slowPath.port}`;
    const ingests = Array.from({ length: options.ingests ?? 1 }, (_, i) =>
      make(`ingest-${i + 1}`, "ingest/src/main.ts", { LOCKSTEP_CLICKHOUSE_URL: ingestUrl }),
    );
    const storeOptions = { url, username: "lockstep", password: "chaos-chaos-chaos", database: "lockstep" };
    const deployment = new Deployment({
      folder,
      broker,
      storeProcess,
      collectors,
      ingests,
      storeOptions,
      env,
      slowPath,
    });
    try {
      await storeProcess.start();
      await migrate(storeOptions);
      await Promise.all([...collectors, ...ingests].map((each) => each.start()));
    } catch (error) {
      await deployment.stop();
      throw error;
    }
    return deployment;
  }

  spoolOf(collector: KeptProcess): string {
    return join(this.folder, collector.name, "spool");
  }

  /** Bytes that collectors have not handed on to Kafka. */
  async spooledBytes(): Promise<number> {
    let bytes = 0;
    for (const collector of this.collectors) {
      const spool = await openSpoolProducer({ path: this.spoolOf(collector), producer: "chaos" });
      bytes += spool.backlogBytes();
      await spool.close();
    }
    return bytes;
  }

  /** What processes wrote down when they ended by themselves. */
  crashes(): string[] {
    return [this.storeProcess, ...this.collectors, ...this.ingests].flatMap(({ crashes }) => crashes);
  }

  async stop({ keep = false } = {}): Promise<void> {
    await this.cluster.close();
    await Promise.all([...this.collectors, ...this.ingests].map((each) => each.stop()));
    await this.store.close();
    await this.#slowPath?.close();
    await this.storeProcess.stop();
    await this.broker.remove();
    if (!keep) rmSync(this.folder, { recursive: true, force: true });
  }
}

function makeCollectors(
  folder: string,
  config: string,
  ports: readonly number[],
  make: (name: string, script: string, env: Record<string, string>) => KeptProcess,
): KeptProcess[] {
  const file = join(folder, "prometheus.yml");
  writeFileSync(file, config);
  return ports.map((port, i) =>
    make(`collector-${i + 1}`, "collector/src/main.ts", {
      LOCKSTEP_CONFIG: file,
      LOCKSTEP_RECEIVE_PORT: String(port),
      ...(ports.length > 1 && { LOCKSTEP_SHARD: `${i + 1}/${ports.length}` }),
    }),
  );
}
