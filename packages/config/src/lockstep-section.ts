import { type PrometheusYml, SHARD_PATTERN } from "@lockstep/schemas/files/prometheus-yml";
import type { LockstepSection } from "./config.ts";
import { formatDuration } from "./duration.ts";
import { joinDirectory } from "./http-client.ts";
import { resolveKafka } from "./kafka-section.ts";
import type { Report } from "./report.ts";
import { duration, size } from "./scrape-config.ts";

const DEFAULTS = { raw: "15d", "5m": "90d", "1h": "2y", spool: "10GB", spoolAge: "3d" } as const;

type Raw = PrometheusYml["lockstep"];

/** Our own settings, with defaults where Lockstep itself has one; host, ports and data folder stay open. */
export function resolveLockstep(raw: Raw, directory: string, report: Report): LockstepSection {
  const retention = (key: "raw" | "5m" | "1h") => {
    const path = key === "raw" ? "lockstep.retention.raw" : `lockstep.retention["${key}"]`;
    const ms = duration(raw?.retention?.[key] ?? DEFAULTS[key], path, report);
    if (ms === 0) {
      report.error(path, "a retention of 0 keeps nothing", { expected: "a duration such as 15d" });
    }
    return ms ?? 0;
  };
  const rawMs = retention("raw");
  const store = raw?.clickhouse;
  const kafka = resolveKafka(raw?.kafka, directory, report);
  const shard = shardOf(raw?.shard);
  return {
    ...(raw?.host !== undefined && { host: raw.host }),
    ...(raw?.port !== undefined && { port: raw.port }),
    ...(raw?.receive_port !== undefined && { receivePort: raw.receive_port }),
    ...(raw?.token_file !== undefined && { tokenFile: joinDirectory(directory, raw.token_file) }),
    ...(raw?.data !== undefined && { data: joinDirectory(directory, raw.data) }),
    strict: raw?.strict ?? false,
    retention: { rawMs, fiveMinutesMs: retention("5m"), oneHourMs: retention("1h") },
    spool: resolveSpool(raw?.spool, rawMs, report),
    ...(kafka !== undefined && { kafka }),
    ...(shard !== undefined && { shard }),
    ...(raw?.instance !== undefined && { instance: raw.instance }),
    ...(raw?.metrics_port !== undefined && { metricsPort: raw.metrics_port }),
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

function resolveSpool(raw: NonNullable<Raw>["spool"], rawMs: number, report: Report): LockstepSection["spool"] {
  const maxBytes = size(raw?.max_size ?? DEFAULTS.spool, "lockstep.spool.max_size", report);
  if (maxBytes === 0) {
    report.error("lockstep.spool.max_size", "a spool of 0 holds nothing", { expected: "a size such as 10GB" });
  }
  const maxAgeMs = duration(raw?.max_age ?? DEFAULTS.spoolAge, "lockstep.spool.max_age", report);
  if (maxAgeMs === 0) {
    report.error("lockstep.spool.max_age", "a spool of 0s holds nothing", { expected: "a duration such as 3d" });
  }
  if (raw?.max_age === undefined) {
    return { maxBytes: maxBytes ?? 0, maxAgeMs: Math.min(maxAgeMs ?? 0, rawMs) };
  }
  if (maxAgeMs !== undefined && rawMs > 0 && maxAgeMs > rawMs) {
    const kept = formatDuration(rawMs);
    report.warn(
      "lockstep.spool.max_age",
      `samples older than retention.raw (${kept}) are dropped when they are stored`,
    );
  }
  return { maxBytes: maxBytes ?? 0, maxAgeMs: maxAgeMs ?? 0 };
}

function shardOf(text: string | undefined): LockstepSection["shard"] {
  const [, index, of] = SHARD_PATTERN.exec(text ?? "") ?? [];
  return index === undefined ? undefined : { index: Number(index), of: Number(of) };
}
