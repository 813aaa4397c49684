import { readFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { startEmbeddedServer } from "./server.ts";
const u = new URL(process.env["LOCKSTEP_CLICKHOUSE_URL"]!);
const path = join(process.env["LOCKSTEP_DATA"]!, "clickhouse"); mkdirSync(path, { recursive: true });
const s = await startEmbeddedServer({ path, host: u.hostname, port: Number(u.port), user: process.env["LOCKSTEP_CLICKHOUSE_USER"] ?? "lockstep", password: readFileSync(process.env["LOCKSTEP_CLICKHOUSE_PASSWORD_FILE"]!, "utf8").trim() });
console.log(`ready ${s.url}`);
process.on("SIGTERM", () => { void s.close().then(() => process.exit(0)); });
