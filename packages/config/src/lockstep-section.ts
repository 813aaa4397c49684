import type { PrometheusYml } from "@lockstep/schemas/files/prometheus-yml";
import type { LockstepSection } from "./config.ts";
import { joinDirectory } from "./http-client.ts";
import type { Report } from "./report.ts";
import { duration, size } from "./scrape-config.ts";

const DEFAULTS = { raw: "15d", "5m": "90d", "1h": "2y", spool: "10GB" } as const;

/** Our own settings, with defaults where Lockstep itself has one; host, ports and data folder stay open. */
export function resolveLockstep(raw: PrometheusYml["lockstep"], directory: string, report: Report): LockstepSection {
  const retention = (key: "raw" | "5m" | "1h") => {
    const path = key === "raw" ? "lockstep.retention.raw" : `lockstep.retention["${key}"]`;
    const ms = duration(raw?.retention?.[key] ?? DEFAULTS[key], path, report);
    if (ms === 0) {
      report.error(path, "a retention of 0 keeps nothing", { expected: "a duration such as 15d" });
    }
    return ms ?? 0;
  };
  const maxBytes = size(raw?.spool?.max_size ?? DEFAULTS.spool, "lockstep.spool.max_size", report);
  if (maxBytes === 0) {
    report.error("lockstep.spool.max_size", "a spool of 0 holds nothing", { expected: "a size such as 10GB" });
  }
  const store = raw?.clickhouse;
  return {
    ...(raw?.host !== undefined && { host: raw.host }),
    ...(raw?.port !== undefined && { port: raw.port }),
    ...(raw?.receive_port !== undefined && { receivePort: raw.receive_port }),
    ...(raw?.token_file !== undefined && { tokenFile: joinDirectory(directory, raw.token_file) }),
    ...(raw?.data !== undefined && { data: joinDirectory(directory, raw.data) }),
    strict: raw?.strict ?? false,
    retention: { rawMs: retention("raw"), fiveMinutesMs: retention("5m"), oneHourMs: retention("1h") },
    spool: { maxBytes: maxBytes ?? 0 },
    ...(store !== undefined && {
      clickhouse: {
        ...(store.url !== undefined && { url: store.url }),
        ...(store.user !== undefined && { user: store.user }),
        ...(store.password_file !== undefined && { passwordFile: joinDirectory(directory, store.password_file) }),
        ...(store.database !== undefined && { database: store.database }),
      },
    }),
  };
}
