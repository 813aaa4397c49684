/** A process' own metrics: where it counts, and the page they are scraped from. */
import { createRequire } from "node:module";
import { hostname } from "node:os";
import type { ProcessEnv } from "@lockstep/schemas/process/env";
import { SECONDS_BOUNDS } from "@lockstep/schemas/process/self-metrics";
import { metrics } from "@opentelemetry/api";
import type { PrometheusExporter as PrometheusReader } from "@opentelemetry/exporter-prometheus";
import { type Meter, noMeter } from "./metrics.ts";
import { type MetricsServer, startMetricsServer } from "./metrics-server.ts";
import { observeProcess } from "./process-metrics.ts";

export type SelfMetrics = {
  /** Histograms made of it have SECONDS_BOUNDS unless they say otherwise. */
  readonly meter: Meter;
  /** Where they are served; 0: nowhere. */
  readonly port: number;
  stop(): Promise<void>;
};

type SelfMetricsEnv = Pick<
  ProcessEnv,
  "LOCKSTEP_HOST" | "LOCKSTEP_METRICS_PORT" | "LOCKSTEP_TOKEN_FILE" | "LOCKSTEP_INSTANCE"
>;

/**
 * Serves the metrics of process `name` at http://LOCKSTEP_HOST:LOCKSTEP_METRICS_PORT/metrics, or counts nowhere where
 * that port is 0. Once per process. Rejects where it cannot listen, or with a ConfigError where it may not.
 */
export async function startSelfMetrics(name: string, env: SelfMetricsEnv): Promise<SelfMetrics> {
  if (env.LOCKSTEP_METRICS_PORT === 0) return { meter: noMeter, port: 0, stop: async () => {} };
  const host = env.LOCKSTEP_INSTANCE ?? hostname();
  const { page, shutdown } = startSdk(name, host);
  let server: MetricsServer;
  try {
    server = await startMetricsServer({
      host: env.LOCKSTEP_HOST,
      port: env.LOCKSTEP_METRICS_PORT,
      tokenFile: env.LOCKSTEP_TOKEN_FILE,
      page,
    });
  } catch (error) {
    await shutdown();
    throw error;
  }
  const meter = withSecondsBounds(metrics.getMeter("lockstep"));
  const endObservation = observeProcess(meter, name, host, Date.now() - process.uptime() * 1000);
  const stop = async () => {
    endObservation();
    await server.stop();
    await shutdown();
  };
  return { meter, port: server.port, stop };
}

/** CommonJS: as ES modules its 500 files take 0.15 s and 9 MB more to load. Loaded only where metrics are served. */
const load = createRequire(import.meta.url);

/** AggregationTemporality.DELTA of the metrics SDK, which this package does not name as a dependency of its own. */
const DELTA = 0;

/** A gauge that asks elsewhere has this long; less than the time-out of a scrape. */
const OBSERVE_LIMIT_MS = 5_000;

/** NodeSDK for metrics alone, read by nobody but `page`: without these empty lists it would send logs to an OTLP collector. */
function startSdk(name: string, host: string) {
  forgetOpenTelemetryEnv();
  const { NodeSDK } = load("@opentelemetry/sdk-node") as typeof import("@opentelemetry/sdk-node");
  const { PrometheusExporter, PrometheusSerializer } = load(
    "@opentelemetry/exporter-prometheus",
  ) as typeof import("@opentelemetry/exporter-prometheus");
  /** Gauges as differences, so that what is observed no more is gone: cumulated, a partition that moved would stay for ever. */
  class Reader extends PrometheusExporter {
    override selectAggregationTemporality(type: Parameters<PrometheusReader["selectAggregationTemporality"]>[0]) {
      return String(type) === "OBSERVABLE_GAUGE" ? DELTA : super.selectAggregationTemporality(type);
    }
  }
  const reader = new Reader({ preventServerStart: true });
  const sdk = new NodeSDK({
    metricReaders: [reader],
    spanProcessors: [],
    logRecordProcessors: [],
    textMapPropagator: null,
    resourceDetectors: [
      { detect: () => ({ attributes: { "service.name": `lockstep-${name}`, "service.instance.id": host } }) },
    ],
  });
  sdk.start();
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true);
  const page = async () => {
    const { resourceMetrics, errors } = await reader.collect({ timeoutMillis: OBSERVE_LIMIT_MS });
    // What cannot be observed now, such as lag while Kafka is away, must not hide the rest.
    const notes = errors.map((error) => `# could not be observed: ${String(error).replaceAll(/\s+/g, " ")}\n`);
    return serializer.serialize(resourceMetrics) + notes.join("");
  };
  const shutdown = async () => {
    await sdk.shutdown();
    metrics.disable();
  };
  return { page, shutdown };
}

/** OTEL_* variables speak to whatever else runs here: one of them would switch these metrics off, others add exporters. */
function forgetOpenTelemetryEnv(): void {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith("OTEL_")) delete process.env[name];
  }
}

function withSecondsBounds(meter: Meter): Meter {
  return new Proxy(meter, {
    get(target, key) {
      if (key === "createHistogram") {
        const createHistogram: Meter["createHistogram"] = (name, options) =>
          target.createHistogram(name, { advice: { explicitBucketBoundaries: SECONDS_BOUNDS }, ...options });
        return createHistogram;
      }
      const member: unknown = Reflect.get(target, key);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
