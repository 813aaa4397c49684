/**
 * `npm run bench -- scrape`: CPU seconds per million samples from HTTP to stored, all processes of the system summed,
 * and bytes a sample on disk after merges; the real system beside real peers where they are installed.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createStore } from "@lockstep/store/client";
import { z } from "zod";
import { freePort } from "./ports.ts";
import { spent, tree } from "./processes.ts";

export type ScrapeBenchOptions = {
  readonly targets: number;
  readonly intervalSeconds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly idleSeconds: number;
  readonly peers: boolean;
};

const ROOT = join(import.meta.dirname, "../..");
const SAMPLES_PER_PAGE = 320;

function prometheusYml(port: number, targets: number, intervalSeconds: number): string {
  const group = (n: number) =>
    `      - targets: ["127.0.0.1:${port}"]\n        labels: {instance: "node-${n}", __metrics_path__: "/${n}/metrics"}\n`;
  const interval = `global:\n  scrape_interval: ${intervalSeconds}s\n  scrape_timeout: ${intervalSeconds}s\n`;
  const groups = Array.from({ length: targets }, (_, n) => group(n)).join("");
  return `${interval}scrape_configs:\n  - job_name: bench\n    static_configs:\n${groups || "      []\n"}`;
}

async function until(what: string, seconds: number, done: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < seconds * 4; waited++) {
    if (await done()) return;
    await sleep(250);
  }
  throw new Error(`${what}: not within ${seconds} s`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

async function withExporter<T>(run: (port: number) => Promise<T>): Promise<T> {
  const port = await freePort();
  const exporter = spawn(process.execPath, [join(import.meta.dirname, "exporter.ts"), String(port)]);
  await new Promise((resolve) => exporter.stdout.once("data", resolve));
  try {
    return await run(port);
  } finally {
    exporter.stdin.end();
  }
}

type Running = { readonly pid: number; samples(): Promise<number>; bytes(): Promise<number> };

/** CPU of the tree under `pid` for one window, and the samples stored in it. */
async function measure(name: string, running: Running, options: ScrapeBenchOptions): Promise<void> {
  await sleep(options.warmUpSeconds * 1000);
  const samplesBefore = await running.samples();
  const before = tree(running.pid);
  await sleep(options.seconds * 1000);
  const cost = spent(before, tree(running.pid));
  const samples = (await running.samples()) - samplesBefore;
  const perMillion = cost.cpuSeconds / (samples / 1e6);
  const expected = (options.targets * SAMPLES_PER_PAGE * options.seconds) / options.intervalSeconds;
  print(`${name}: ${perMillion.toFixed(2)} CPU s per million samples`);
  print(
    `  ${samples} samples in ${options.seconds} s (${((samples / expected) * 100).toFixed(1)} % of the pages' own)`,
  );
  print(`  ${cost.cpuSeconds.toFixed(2)} CPU s, RSS ${(cost.rssBytes / 1e6).toFixed(0)} MB`);
  for (const [process, cpu] of cost.byProcess) if (cpu > 0.005) print(`    ${cpu.toFixed(2)} s  ${process}`);
  const bytes = await running.bytes();
  const stored = await running.samples();
  print(`  ${(bytes / stored).toFixed(3)} bytes a sample on disk (${stored} samples)`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function startLockstep(folder: string, config: string) {
  const file = join(folder, "prometheus.yml");
  writeFileSync(file, config);
  const data = join(folder, "data");
  const [port, receivePort] = [await freePort(), await freePort()];
  const args = ["start", "--config", file, "--data", data, "--port", `${port}`, "--receive-port", `${receivePort}`];
  const child = spawn(process.execPath, [join(ROOT, "cli/src/main.ts"), ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const healthy = async () => {
    if (child.exitCode !== null) throw new Error(`Lockstep ended:\n${output}`);
    return fetch(`http://127.0.0.1:${port}/-/healthy`).then(
      ({ ok }) => ok,
      () => false,
    );
  };
  await until("Lockstep is up", 60, healthy);
  return { child, data, pid: child.pid! };
}

/** The embedded ClickHouse of a running Lockstep: where it listens stands in its command's environment. */
function storeOf(pid: number) {
  for (const { pid: child } of tree(pid)) {
    const environment = Object.fromEntries(
      readFileSync(`/proc/${child}/environ`, "utf8")
        .split("\0")
        .map((line) => line.split(/=(.*)/s).slice(0, 2)),
    );
    const url = environment["LOCKSTEP_CLICKHOUSE_URL"];
    const passwordFile = environment["LOCKSTEP_CLICKHOUSE_PASSWORD_FILE"];
    if (url === undefined || passwordFile === undefined) continue;
    const password = readFileSync(passwordFile, "utf8").trim();
    return createStore({
      url,
      username: environment["LOCKSTEP_CLICKHOUSE_USER"] ?? "lockstep",
      password,
      database: "lockstep",
    });
  }
  throw new Error("no process below Lockstep names its ClickHouse");
}

async function benchLockstep(folder: string, port: number, options: ScrapeBenchOptions): Promise<void> {
  const { child, pid } = await startLockstep(folder, prometheusYml(port, options.targets, options.intervalSeconds));
  try {
    const store = storeOf(pid);
    const number = z.object({ n: z.coerce.number() });
    const one = async (sql: string) => (await store.read({ name: "bench", sql, params: {}, row: number }))[0]!.n;
    await measure(
      "lockstep",
      {
        pid,
        samples: () => one("SELECT count() AS n FROM samples"),
        bytes: async () => {
          await store.command("OPTIMIZE TABLE samples FINAL");
          return one("SELECT sum(bytes_on_disk) AS n FROM system.parts WHERE table = 'samples' AND active");
        },
      },
      options,
    );
    await store.close();
  } finally {
    await stop(child);
  }
}

/** The same system with nothing to scrape. */
async function benchIdle(folder: string, options: ScrapeBenchOptions): Promise<void> {
  const { child, pid } = await startLockstep(folder, prometheusYml(0, 0, 5));
  try {
    await sleep(options.warmUpSeconds * 1000);
    const before = tree(pid);
    await sleep(options.idleSeconds * 1000);
    const cost = spent(before, tree(pid));
    const share = (cost.cpuSeconds / options.idleSeconds) * 100;
    print(`lockstep idle: ${share.toFixed(1)} % of one core, RSS ${(cost.rssBytes / 1e6).toFixed(0)} MB`);
    for (const [process, cpu] of cost.byProcess) if (cpu > 0.005) print(`    ${cpu.toFixed(2)} s  ${process}`);
  } finally {
    await stop(child);
  }
}

type Peer = {
  name: string;
  command: string;
  args(folder: string, config: string, port: number): string[];
  metric: string;
};

const PEERS: readonly Peer[] = [
  {
    name: "prometheus",
    command: "prometheus",
    args: (folder, config, port) => [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "prometheus")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=warn",
    ],
    metric: "prometheus_tsdb_head_samples_appended_total",
  },
  {
    name: "victoria-metrics",
    command: "victoria-metrics",
    args: (folder, config, port) => [
      `-promscrape.config=${config}`,
      `-storageDataPath=${join(folder, "victoria")}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      "-loggerLevel=ERROR",
    ],
    metric: 'vm_rows_inserted_total{type="promscrape"}',
  },
];

async function benchPeer(peer: Peer, folder: string, exporter: number, options: ScrapeBenchOptions): Promise<void> {
  if (spawnSync("which", [peer.command]).status !== 0) {
    print(`${peer.name}: not installed, left out`);
    return;
  }
  const config = join(folder, "peer.yml");
  writeFileSync(config, prometheusYml(exporter, options.targets, options.intervalSeconds));
  const port = await freePort();
  const child = spawn(peer.command, peer.args(folder, config, port), { stdio: "ignore" });
  const samples = async () => {
    const page = await fetch(`http://127.0.0.1:${port}/metrics`).then(
      (response) => response.text(),
      () => "",
    );
    const lines = page.split("\n").filter((line) => line.startsWith(peer.metric));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  };
  try {
    await until(peer.name, 30, async () => (await samples()) > 0);
    const folderOf = { prometheus: "prometheus", "victoria-metrics": "victoria" }[peer.name]!;
    await measure(
      peer.name,
      { pid: child.pid!, samples, bytes: async () => folderBytes(join(folder, folderOf)) },
      options,
    );
  } finally {
    await stop(child);
  }
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

export async function benchScrape(options: ScrapeBenchOptions): Promise<void> {
  print(`${options.targets} targets x ${SAMPLES_PER_PAGE} samples every ${options.intervalSeconds} s`);
  const folder = mkdtempSync(join(tmpdir(), "lockstep-bench-"));
  try {
    await withExporter(async (port) => {
      if (options.idleSeconds > 0) await benchIdle(mkdtempSync(join(folder, "idle-")), options);
      await benchLockstep(mkdtempSync(join(folder, "lockstep-")), port, options);
      if (options.peers) for (const peer of PEERS) await benchPeer(peer, folder, port, options);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
