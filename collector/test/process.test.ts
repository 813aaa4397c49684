/** The collector as a process: what it refuses at its start, and how it lives without Kafka. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openSpoolProducer } from "@lockstep/log/spool/producer";
import { afterEach, beforeEach, expect, test } from "vitest";

const script = fileURLToPath(new URL("../src/main.ts", import.meta.url));

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-collector-"));
  await writeFile(join(folder, "empty"), "\n");
});
afterEach(() => rm(folder, { recursive: true }));

type End = { code: number | null; stdout: string; stderr: string };

/** Runs it until it ends; `onOutput` sees all of stdout so far, and may signal the process. */
function run(env: Record<string, string>, onOutput?: (stdout: string, pid: number) => void): Promise<End> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script], {
    env: { PATH: process.env["PATH"] ?? "", LOCKSTEP_DATA: folder, LOCKSTEP_RECEIVE_PORT: "0", ...env },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => {
    stdout += text;
    onOutput?.(stdout, child.pid!);
  });
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
}

const kafka = { LOCKSTEP_KAFKA_BROKERS: "127.0.0.1:1" };
test.each<[what: string, env: Record<string, string>, line: RegExp]>([
  ["a shard beyond the count", { LOCKSTEP_SHARD: "4/3" }, /^collector: LOCKSTEP_SHARD: found "4\/3", expected .*\n$/],
  ["shard 0", { LOCKSTEP_SHARD: "0/3" }, /^collector: environment: .*LOCKSTEP_SHARD\n$/s],
  [
    "a self target without a name",
    { LOCKSTEP_SELF_TARGETS: "h:1" },
    /^collector: LOCKSTEP_SELF_TARGETS: found "h:1".*\n$/,
  ],
  [
    "an empty token",
    { LOCKSTEP_TOKEN_FILE: "empty" },
    /^collector: LOCKSTEP_TOKEN_FILE: .*empty is empty, expected a token.*\n$/,
  ],
  ["a token that is not there", { LOCKSTEP_TOKEN_FILE: "absent" }, /^collector: LOCKSTEP_TOKEN_FILE: .*ENOENT.*\n$/],
  [
    "half of SASL",
    { ...kafka, LOCKSTEP_KAFKA_SASL_MECHANISM: "plain" },
    /^collector: LOCKSTEP_KAFKA_SASL_USERNAME is missing.*\n$/,
  ],
  [
    "a certificate that is not there",
    { ...kafka, LOCKSTEP_KAFKA_SSL: "1", LOCKSTEP_KAFKA_SSL_CA_FILE: "absent" },
    /^collector: Kafka: .*absent: ENOENT.*\n$/,
  ],
])(
  "%s ends the start with one line and exit code 78",
  async (_, env, line) => {
    const files = Object.entries(env).map(([name, value]) => [
      name,
      name.endsWith("_FILE") ? join(folder, value) : value,
    ]);
    const { code, stderr } = await run(Object.fromEntries(files));
    expect(stderr).toMatch(line);
    expect(code).toBe(78);
  },
  30_000,
);

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Messages of warnings and errors. */
function warnings(stdout: string): string[] {
  const lines = stdout.split("\n").filter((line) => line.startsWith("{") && line.endsWith("}"));
  return lines.map((line) => JSON.parse(line)).flatMap(({ level, msg }) => (level >= 40 ? [String(msg)] : []));
}

test("without Kafka it scrapes into the spool, tells once that Kafka is away, and keeps the blocks", async () => {
  let signalled = false;
  const env = { LOCKSTEP_KAFKA_BROKERS: `127.0.0.1:${await closedPort()}`, LOCKSTEP_INSTANCE: "rack-7" };
  const { code, stdout, stderr } = await run(env, (said, pid) => {
    if (signalled || !said.includes("ready collector") || warnings(said).length === 0) return;
    signalled = true;
    setTimeout(() => process.kill(pid, "SIGTERM"), 1_500);
  });
  expect([code, stderr]).toEqual([0, ""]);
  expect(warnings(stdout)).toEqual([expect.stringContaining("Kafka")]);
  const spool = await openSpoolProducer({ path: join(folder, "spool"), producer: "test" });
  expect(spool.stats().blocks).toBeGreaterThan(0);
  await spool.close();
}, 60_000);
