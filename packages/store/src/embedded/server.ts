import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip, constants } from "node:zlib";
import { Session } from "chdb";
export async function startEmbeddedServer(o: any): Promise<any> {
  const tmp = join(o.path, "incoming");
  await mkdir(tmp, { recursive: true });
  const root = new Session(join(o.path, "db"), { connectionArgs: ["--max_server_memory_usage=700000000", "--mark_cache_size=33554432", "--background_pool_size=2"] });
  let free = 4; const waiting: (() => void)[] = [];
  const acquire = async () => { if (free > 0) { free--; return; } await new Promise<void>((r) => waiting.push(r)); };
  const release = () => { const n = waiting.shift(); if (n) n(); else free++; };
  const q = (s: string) => `'${s.replace(/\\/g, "\\\\").replace(/'/g, "\\'")}'`;
  const server = createServer((req, res) => { void handle(req, res).catch((e) => { if (!res.headersSent) res.writeHead(500, {"x-clickhouse-exception-code": String(/Code: (\d+)/.exec(e.message)?.[1] ?? 1002)}); res.end(e.message + "\n"); }); });
  async function handle(req: IncomingMessage, res: ServerResponse) {
    const url = new URL(req.url!, "http://x");
    if (url.pathname === "/ping") return void res.end("Ok.\n");
    const auth = Buffer.from((req.headers.authorization ?? "").replace(/^Basic /, ""), "base64").toString();
    if (auth !== `${o.user}:${o.password}`) { res.writeHead(403, { "x-clickhouse-exception-code": "516" }); return void res.end("Code: 516. DB::Exception: Authentication failed. (AUTHENTICATION_FAILED)\n"); }
    let sql = url.searchParams.get("query") ?? "";
    let body: NodeJS.ReadableStream = req;
    if (req.headers["content-encoding"] === "gzip") body = req.pipe(createGunzip());
    const m = /^\s*INSERT\s+INTO\s+([\s\S]*?)\s+FORMAT\s+(\w+)\s*$/i.exec(sql);
    let file = "";
    if (m) { file = join(tmp, randomUUID()); await pipeline(body, createWriteStream(file)); sql = `INSERT INTO ${m[1]} FROM INFILE ${q(file)} COMPRESSION 'none' FORMAT ${m[2]}`; }
    else { const parts = []; for await (const c of body) parts.push(c); sql += Buffer.concat(parts as Buffer[]).toString(); }
    await acquire();
    const s = new Session(join(o.path, "db"));
    try {
      for (const [k, v] of url.searchParams) {
        if (["query", "query_id", "user", "password", "enable_http_compression", "default_format", "wait_end_of_query", "session_id", "role", "cancel_http_readonly_queries_on_client_close", "http_headers_progress_interval_ms", "send_progress_in_http_headers"].includes(k)) continue;
        if (k === "database") await s.queryAsync(`USE ${v}`).catch((e) => { if (!/UNKNOWN_DATABASE/.test(e.message)) throw e; });
        else await s.queryAsync(`SET ${k} = ${q(v)}`);
      }
      const fm = /\bFORMAT\s+(\w+)\s*;?\s*$/i.exec(sql);
      const r = await s.queryAsync(sql, { format: fm?.[1] ?? url.searchParams.get("default_format") ?? "TabSeparated" });
      res.setHeader("x-clickhouse-query-id", url.searchParams.get("query_id") ?? randomUUID());
      res.setHeader("x-clickhouse-summary", JSON.stringify({ read_rows: "0", read_bytes: "0", written_rows: "0", written_bytes: "0", total_rows_to_read: "0", result_rows: "0", result_bytes: "0", elapsed_ns: "0" }));
      if (/gzip/.test(String(req.headers["accept-encoding"])) && url.searchParams.get("enable_http_compression") === "1") { res.setHeader("content-encoding", "gzip"); const z = createGzip(); z.pipe(res); z.end(Buffer.from(r.bytes())); }
      else res.end(Buffer.from(r.bytes()));
    } finally { s.close(); release(); if (file) await rm(file); }
  }
  await new Promise<void>((r, j) => { server.once("error", j); server.listen(o.port, o.host, r); });
  return { url: `http://${o.host}:${o.port}`, close: async () => { server.close(); root.close(); } };
}
