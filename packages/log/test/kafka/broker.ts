/**
 * A real single-node Kafka (KRaft) for tests and benchmarks, on loopback, in a folder of its own. Its jars come by Maven
 * once and stay in the user's cache folder. Where Java or Maven is absent, `brokerMissing()` says so and tests skip.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const VERSION = "4.1.0";
const jars = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "lockstep", `kafka-${VERSION}`);

/** Why no broker can be started here; undefined where one can. */
export function brokerMissing(): string | undefined {
  if (spawnSync("java", ["-version"]).status !== 0) return "no Kafka: java is not installed";
  if (!existsSync(jars) && spawnSync("mvn", ["-v"]).status !== 0) return "no Kafka: mvn is not installed";
  return undefined;
}

export type Broker = {
  /** host:port for `LOCKSTEP_KAFKA_BROKERS`. */
  readonly address: string;
  readonly pid: number | undefined;
  /** Where its topics lie: what producers sent, as they packed it. */
  readonly dataFolder: string;
  /** Starts it (again) on the same port and data; resolves when it takes connections and leads its partitions. */
  start(): Promise<void>;
  /** The given signal, SIGKILL by default; resolves when it is gone, or at once for SIGSTOP and SIGCONT. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
};

export type BrokerOptions = {
  readonly heapMiB?: number;
  /** Lines of server.properties besides ours. */
  readonly properties?: Readonly<Record<string, string>>;
};

export async function startBroker({ heapMiB = 384, properties = {} }: BrokerOptions = {}): Promise<Broker> {
  await fetchJars();
  const folder = mkdtempSync(join(tmpdir(), "lockstep-kafka-"));
  const [port, controllerPort] = [await freePort(), await freePort()];
  const file = join(folder, "server.properties");
  writeFileSync(file, serverProperties(folder, port, controllerPort, properties));
  const java = (main: string, args: readonly string[]) => [
    `-Xmx${heapMiB}m`,
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=4",
    "-cp",
    join(jars, "*"),
    main,
    ...args,
  ];
  const id = clusterId();
  await run("java", java("kafka.tools.StorageTool", ["format", "-t", id, "-c", file]));

  let child: ChildProcess | undefined;
  let said = "";
  const broker: Broker = {
    address: `127.0.0.1:${port}`,
    dataFolder: join(folder, "data"),
    get pid() {
      return child?.pid;
    },
    async start() {
      const started = spawn("java", java("kafka.Kafka", [file]), { stdio: ["ignore", "pipe", "pipe"] });
      child = started;
      for (const stream of [started.stdout, started.stderr]) {
        stream.setEncoding("utf8").on("data", (chunk: string) => {
          said = (said + chunk).slice(-20_000);
        });
      }
      for (let waited = 0; !(await accepts(port)); waited += 100) {
        if (started.exitCode !== null || waited > 60_000) throw new Error(`Kafka did not start:\n${said}`);
        await sleep(100);
      }
    },
    async kill(signal = "SIGKILL") {
      const running = child;
      if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
      const gone = new Promise((resolve) => running.once("exit", resolve));
      running.kill(signal);
      if (signal !== "SIGSTOP" && signal !== "SIGCONT") await gone;
    },
    async remove() {
      await broker.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await broker.start();
  return broker;
}

async function fetchJars(): Promise<void> {
  if (existsSync(jars)) return;
  mkdirSync(join(jars, ".."), { recursive: true });
  const fetched = mkdtempSync(`${jars}-`);
  const pom = join(import.meta.dirname, "pom.xml");
  await run("mvn", ["-q", "-B", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${fetched}`], {
    timeout: 300_000,
  });
  try {
    renameSync(fetched, jars);
  } catch (error) {
    rmSync(fetched, { recursive: true, force: true });
    if (!existsSync(jars)) throw error; // else another test has fetched them meanwhile
  }
}

function serverProperties(folder: string, port: number, controllerPort: number, more: BrokerOptions["properties"]) {
  const all = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.voters": `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${port}`,
    "controller.listener.names": "CONTROLLER",
    "log.dirs": join(folder, "data"),
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "2",
    "group.initial.rebalance.delay.ms": "0",
    "auto.create.topics.enable": "false",
    // As brokers do by default, so that what a member may take is what it may take there.
    "group.min.session.timeout.ms": "6000",
    ...more,
  };
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** As Kafka draws its own: one that begins with "-" would be read as an option. */
function clusterId(): string {
  const id = randomBytes(16).toString("base64url");
  return id.startsWith("-") ? clusterId() : id;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === "object" ? resolve(address.port) : reject(new Error("no address")),
      );
    });
  });
}
