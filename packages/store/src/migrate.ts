import { readFileSync, readdirSync } from "node:fs";
import { createStore } from "./client.ts";
export async function migrate(o: any) { const d = createStore({ ...o, database: "default" }); await d.command(`CREATE DATABASE IF NOT EXISTS ${o.database}`); await d.close(); const s = createStore(o); const dir = new URL("../../../schemas/clickhouse/", import.meta.url); for (const f of readdirSync(dir).sort()) for (const st of readFileSync(new URL(f, dir), "utf8").split(/;\s*$/m)) if (st.replace(/--.*/g, "").trim()) await s.command(st); await s.close(); return { applied: [] }; }
