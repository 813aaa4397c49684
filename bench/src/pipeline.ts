/**
 * `npm run bench -- pipeline`: how many samples a second go through Kafka into ClickHouse, from the block encoder and from
 * HTTP text, what each step costs, and how many bytes a sample has on the wire. Real Kafka, one collector, one ingest.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Broker, brokerMissing, startBroker } from "@lockstep/log/test/kafka/broker";
import { createStore, type Store } from "@lockstep/store/client";
import { migrate } from "@lockstep/store/migrate";
import { z } from "zod";
import { freePort } from "./ports.ts";
import { tree } from "./processes.ts";

export type PipelineBenchOptions = {
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly targets: number;
  /** Also from HTTP text, not only from the block encoder. */
  readonly text: boolean;
};

const ROOT = join(import.meta.dirname, "../..");
const SAMPLES_PER_PAGE = 320;
const PARTITIONS = 4;
/** Nothing more stored for so long: all that was sent is in. */
const DRAINED_MS = 3_000;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

type Running = { readonly name: string; readonly child: ChildProcess };

/** As `lockstep start` gives them to the collector. */
const COLLECTOR_NODE_ARGS = ["--max-semi-space-size=32"];

function run(name: string, script: string, env: Record<string, string>): Promise<Running> {
  const nodeArgs = name === "collector" ? COLLECTOR_NODE_ARGS : [];
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...nodeArgs, script], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      if (chunk.toString().includes("ready ")) resolve({ name, child });
    });
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}`)));
  });
}

async function stop({ child }: Running): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await ended;
  clearTimeout(late);
}

const number = z.object({ n: z.coerce.number() });
async function storedRows(store: Store): Promise<number> {
  const rows = await store.read({ name: "bench", sql: "SELECT count() AS n FROM samples", params: {}, row: number });
  return rows[0]!.n;
}

function folderBytes(folder: string, begins: string): number {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith(begins))
    .flatMap((entry) => readdirSync(join(folder, entry.name)).map((name) => join(folder, entry.name, name)))
    .filter((file) => file.endsWith(".log"))
    .reduce((sum, file) => sum + statSync(file).size, 0);
}

type Stage = { readonly name: string; readonly pid: number };

async function measure(what: string, stages: readonly Stage[], store: Store, seconds: number): Promise<void> {
  const cpuOf = () => stages.map(({ pid }) => tree(pid).reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0));
  const [rows, cpu, began] = [await storedRows(store), cpuOf(), performance.now()];
  await sleep(seconds * 1000);
  const [rowsAfter, cpuAfter] = [await storedRows(store), cpuOf()];
  const took = (performance.now() - began) / 1000;
  const moved = rowsAfter - rows;
  print(`${what}: ${Math.round(moved / took).toLocaleString("en")} samples/s stored, over ${took.toFixed(0)} s`);
  for (const [i, { name }] of stages.entries()) {
    const spent = cpuAfter[i]! - cpu[i]!;
    const perCore = moved / spent;
    print(
      `  ${name.padEnd(12)} ${(spent / took).toFixed(2)} of a core, ${(spent / (moved / 1e6)).toFixed(2)} CPU s per million samples: one core holds ${Math.round(perCore).toLocaleString("en")} samples/s`,
    );
  }
}

/** Once nothing comes in any more: until then Kafka has samples that are not stored yet. */
async function measureWire(store: Store, broker: Broker): Promise<void> {
  let rows = -1;
  for (let now = await storedRows(store); now > rows; now = await storedRows(store)) {
    rows = now;
    await sleep(DRAINED_MS);
  }
  const bytes = folderBytes(broker.dataFolder, "lockstep.samples-");
  print(`  ${(bytes / rows).toFixed(1)} bytes a sample on the wire and in Kafka, ${rows.toLocaleString("en")} samples`);
}

type Bed = {
  readonly folder: string;
  readonly broker: Broker;
  readonly store: Store;
  readonly stages: Stage[];
  readonly env: Record<string, string>;
};

async function withBed(use: (bed: Bed) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lockstep-bench-"));
  const broker = await startBroker({ heapMiB: 768 });
  const running: Running[] = [];
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, "bench-bench-bench\n");
  const url = `http://127.0.0.1:${await freePort()}`;
  const env = {
    LOCKSTEP_CLICKHOUSE_URL: url,
    LOCKSTEP_CLICKHOUSE_PASSWORD_FILE: passwordFile,
    LOCKSTEP_KAFKA_BROKERS: broker.address,
    LOCKSTEP_KAFKA_PARTITIONS: String(PARTITIONS),
  };
  const store = createStore({ url, username: "lockstep", password: "bench-bench-bench", database: "lockstep" });
  try {
    const data = (name: string) => {
      mkdirSync(join(folder, name));
      return { ...env, LOCKSTEP_DATA: join(folder, name) };
    };
    running.push(
      await run("ClickHouse", join(ROOT, "packages/store/src/embedded/main.ts"), {
        ...data("store"),
        UV_THREADPOOL_SIZE: "16",
      }),
    );
    await migrate({ url, username: "lockstep", password: "bench-bench-bench", database: "lockstep" });
    running.push(await run("ingest", join(ROOT, "ingest/src/main.ts"), data("ingest")));
    const stages = [...running].reverse().map(({ name, child }) => ({ name, pid: child.pid! }));
    await use({ folder, broker, store, env, stages: [{ name: "Kafka", pid: broker.pid! }, ...stages] });
  } finally {
    for (const each of running.reverse()) await stop(each);
    await store.close();
    await broker.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fromEncoder(options: PipelineBenchOptions): Promise<void> {
  await withBed(async ({ folder, broker, store, env, stages }) => {
    const encoder = await run("collector", join(import.meta.dirname, "encoder.ts"), {
      ...env,
      LOCKSTEP_DATA: join(folder, "collector"),
    });
    try {
      await sleep(options.warmUpSeconds * 1000);
      await measure(
        "from the block encoder",
        [{ name: "collector", pid: encoder.child.pid! }, ...stages],
        store,
        options.seconds,
      );
      await stop(encoder);
      await measureWire(store, broker);
    } finally {
      await stop(encoder);
    }
  });
}

async function fromText(options: PipelineBenchOptions): Promise<void> {
  await withBed(async ({ folder, broker, store, env, stages }) => {
    const port = await freePort();
    const exporter = spawn(process.execPath, [join(import.meta.dirname, "exporter.ts"), String(port)]);
    await new Promise((resolve) => exporter.stdout.once("data", resolve));
    const config = join(folder, "prometheus.yml");
    writeFileSync(config, prometheusYml(port, options.targets));
    const collector = await run("collector", join(ROOT, "collector/src/main.ts"), {
      ...env,
      LOCKSTEP_DATA: join(folder, "collector"),
      LOCKSTEP_CONFIG: config,
      LOCKSTEP_RECEIVE_PORT: String(await freePort()),
    });
    try {
      await sleep(options.warmUpSeconds * 1000);
      const all = [
        { name: "exporter", pid: exporter.pid! },
        { name: "collector", pid: collector.child.pid! },
        ...stages,
      ];
      await measure(`from HTTP text, ${options.targets} targets a second`, all, store, options.seconds);
      await stop(collector);
      await measureWire(store, broker);
    } finally {
      await stop(collector);
      exporter.stdin.end();
    }
  });
}

function prometheusYml(port: number, targets: number): string {
  const group = (n: number) =>
    `      - targets: ["127.0.0.1:${port}"]\n        labels: {instance: "node-${n}", __metrics_path__: "/${n}/metrics"}\n`;
  const groups = Array.from({ length: targets }, (_, n) => group(n)).join("");
  return `global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n  - job_name: bench\n    static_configs:\n${groups}`;
}

export async function benchPipeline(options: PipelineBenchOptions): Promise<void> {
  const missing = brokerMissing();
  if (missing !== undefined) {
    print(missing);
    process.exitCode = 1;
    return;
  }
  print(
    `${PARTITIONS} partitions, one collector, one ingest; ${options.targets * SAMPLES_PER_PAGE} samples a second as text`,
  );
  await fromEncoder(options);
  if (options.text) await fromText(options);
}
