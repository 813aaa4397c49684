/** The process of the embedded ClickHouse: environment in, one `ready` line out, and an end on SIGTERM. */
import "./threads.ts";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EXIT_CONFIGURATION, EXIT_FAILURE } from "@lockstep/process/exit-code";
import { type ProcessEnv, processEnv } from "@lockstep/schemas/process/env";
import { prepareFolder } from "./folder.ts";
import { startEmbeddedServer } from "./server.ts";
import { StartFailure } from "./start-failure.ts";

/** The supervisor waits 5 s before it kills. */
const STOP_LIMIT_MS = 4_500;

// The engine's threads share this process: after an unexpected error nothing here can be trusted to end in order, and
// process.exit hangs while a query runs. What was acknowledged is safe on disk.
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error: unknown) => {
    process.stderr.write(`store: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.kill(process.pid, "SIGKILL");
  });
}

async function start(env: ProcessEnv) {
  const url = URL.parse(env.LOCKSTEP_CLICKHOUSE_URL);
  if (url?.protocol !== "http:") {
    throw new StartFailure(`LOCKSTEP_CLICKHOUSE_URL: found ${env.LOCKSTEP_CLICKHOUSE_URL}, expected http://HOST:PORT`);
  }
  const password = await readPassword(env.LOCKSTEP_CLICKHOUSE_PASSWORD_FILE);
  const path = join(env.LOCKSTEP_DATA, "clickhouse");
  await prepareFolder(path);
  return startEmbeddedServer({
    path,
    host: url.hostname,
    port: Number(url.port || 80),
    user: env.LOCKSTEP_CLICKHOUSE_USER,
    password,
  });
}

async function readPassword(file: string | undefined): Promise<string> {
  if (file === undefined) {
    throw new StartFailure("LOCKSTEP_CLICKHOUSE_PASSWORD_FILE is not set; it names the file that holds the password");
  }
  const text = await readFile(file, "utf8").catch((error: Error) => {
    throw new StartFailure(`the password file cannot be read: ${error.message}`, { cause: error });
  });
  if (text.trim() === "") throw new StartFailure(`the password file ${file} is empty`);
  return text.trim();
}

/** Says why in one line, and ends. 78 tells the supervisor that starting again cannot help. */
function giveUp(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const inUse = code === "EADDRINUSE" || code === "EACCES" || code === "EADDRNOTAVAIL";
  const address = process.env["LOCKSTEP_CLICKHOUSE_URL"] ?? "its address";
  const line = inUse ? `cannot listen on ${address} (${code})` : message;
  process.stderr.write(`store: ${line.replaceAll("\n", " ")}\n`);
  process.exit(error instanceof StartFailure ? EXIT_CONFIGURATION : EXIT_FAILURE);
}

const parsed = processEnv.safeParse(process.env);
if (!parsed.success) {
  const issues = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
  giveUp(new StartFailure(`environment: ${issues}`));
}
const server = await start(parsed.data).catch(giveUp);

let stopping = false;
const stop = () => {
  if (stopping) return;
  stopping = true;
  // A query that will not die must not keep the process: everything acknowledged is on disk.
  setTimeout(() => process.kill(process.pid, "SIGKILL"), STOP_LIMIT_MS).unref();
  void server.close().then(() => process.exit(0));
};
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
process.stdout.write(`ready ${server.url}\n`);
