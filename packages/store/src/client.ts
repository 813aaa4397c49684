import { readFileSync } from "node:fs";
import { request, Agent } from "node:http";
import { createClient, ClickHouseError } from "@clickhouse/client";
export class StoreError extends Error { code: string; retriable: boolean; constructor(code: string, message: string, options?: any) { super(message, options); this.name = "StoreError"; this.code = code; this.retriable = ["unreachable", "server", "timeout"].includes(code); } }
const wrap = (e: any): StoreError => { if (e instanceof StoreError) return e; if (e instanceof ClickHouseError) return new StoreError(["6","27","33","34","53","10","16","44","117"].includes(e.code) ? "content" : ["62","47","60","46"].includes(e.code) ? "bad_query" : "server", e.message, { cause: e }); return new StoreError("unreachable", e.message, { cause: e }); };
export function storeOptionsFromEnv(env: any) { return { url: env.LOCKSTEP_CLICKHOUSE_URL, username: env.LOCKSTEP_CLICKHOUSE_USER, password: env.LOCKSTEP_CLICKHOUSE_PASSWORD_FILE ? readFileSync(env.LOCKSTEP_CLICKHOUSE_PASSWORD_FILE, "utf8").trim() : "", database: env.LOCKSTEP_CLICKHOUSE_DATABASE }; }
export function createStore(o: any): any {
  const c = createClient({ url: o.url, username: o.username, password: o.password, database: o.database });
  const agent = new Agent({ keepAlive: true });
  return {
    async read(q: any) { try { const r = await c.query({ query: q.sql, query_params: q.params, format: "JSONEachRow", clickhouse_settings: { log_comment: q.name, allow_experimental_time_series_aggregate_functions: 1 } as any }); return (await r.json()).map((x: any) => q.row.parse(x)); } catch (e) { throw wrap(e); } },
    async readBinary(q: any) { try { const r = await c.exec({ query: q.sql + " FORMAT RowBinary", query_params: q.params }); const p = []; for await (const x of r.stream) p.push(x); return Buffer.concat(p as any); } catch (e) { throw wrap(e); } },
    insertNative(table: string, body: any, { token }: any) { return new Promise<void>((res, rej) => { const parts = Array.isArray(body) ? body : [body]; const u = new URL(o.url); const n = parts.reduce((a: number, b: any) => a + b.length, 0); const r = request({ host: u.hostname, port: u.port, method: "POST", agent, path: `/?database=${o.database}&query=${encodeURIComponent(`INSERT INTO ${table} FORMAT Native`)}&insert_deduplication_token=${encodeURIComponent(token)}&max_insert_threads=1&min_insert_block_size_rows=1048576&min_insert_block_size_bytes=268435456&insert_deduplicate=1&async_insert=0`, headers: { authorization: "Basic " + Buffer.from(`${o.username}:${o.password}`).toString("base64"), "content-length": n } }, (x) => { let t = ""; x.on("data", (d) => t += d); x.on("end", () => { if (x.statusCode === 200) res(); else { const code = /Code: (\d+)/.exec(t)?.[1] ?? ""; rej(new StoreError(["6","27","33","34","53","10","16","44","117"].includes(code) ? "content" : "server", t)); } }); }); r.on("error", (e) => rej(wrap(e))); for (const p of parts) r.write(p); r.end(); }); },
    async insertRows(table: string, values: any[]) { try { await c.insert({ table, values, format: "JSONEachRow", clickhouse_settings: { date_time_input_format: "best_effort" } }); } catch (e) { throw wrap(e); } },
    async command(sql: string, params?: any) { try { await c.command({ query: sql, query_params: params }); } catch (e) { throw wrap(e); } },
    async ping() { return (await c.ping()).success; },
    async close() { agent.destroy(); await c.close(); },
  };
}
