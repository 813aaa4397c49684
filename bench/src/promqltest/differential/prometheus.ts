/** A real Prometheus that holds given samples, asked over its API. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fromEntries, toMap } from "@lockstep/promql/engine/labels";
import type { ResultValue } from "@lockstep/promql/engine/query";
import { freePort } from "../../ports.ts";
import type { LoadedSeries } from "../way.ts";

const run = promisify(execFile);

export type Peer = {
  readonly version: string;
  /** Throws Error with Prometheus's message where it answers with an error. */
  query(path: "query" | "query_range", params: Record<string, string>): Promise<ResultValue>;
  stop(): Promise<void>;
};

/** Undefined where no `prometheus` and `promtool` are on the PATH. */
export async function startPrometheus(series: readonly LoadedSeries[]): Promise<Peer | undefined> {
  const version = await run("prometheus", ["--version"]).then(
    ({ stdout, stderr }) => (stdout || stderr).split("\n")[0]!,
    () => undefined,
  );
  if (version === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "promql-differential-"));
  await writeFile(join(folder, "samples"), openMetrics(series));
  await run("promtool", ["tsdb", "create-blocks-from", "openmetrics", join(folder, "samples"), join(folder, "data")]);
  await writeFile(join(folder, "prometheus.yml"), "global: {evaluation_interval: 1m}\n");
  const port = await freePort();
  const child = spawn(
    "prometheus",
    [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      "--storage.tsdb.retention.time=100y",
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: "ignore" },
  );
  const base = `http://127.0.0.1:${port}/api/v1`;
  await untilReady(`http://127.0.0.1:${port}/-/ready`, child);
  return {
    version,
    query: (path, params) => ask(`${base}/${path}`, params),
    stop: async () => {
      child.kill("SIGTERM");
      await new Promise((resolve) => child.once("exit", resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (child.exitCode !== null) throw new Error(`prometheus ended with code ${child.exitCode} before it was ready`);
    const ready = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill("SIGKILL");
  throw new Error("prometheus was not ready within 30 s");
}

function openMetrics(series: readonly LoadedSeries[]): string {
  const lines = series.flatMap(({ labels, times, values }) => {
    const { __name__: name, ...rest } = Object.fromEntries(toMap(labels));
    const shown = `${name}{${Object.entries(rest).map(([label, value]) => `${label}=${JSON.stringify(value)}`)}}`;
    return Array.from(values, (value, i) => {
      const number = Number.isFinite(value) ? String(value) : Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
      return `${shown} ${number} ${(times[i]! / 1000).toFixed(3)}`;
    });
  });
  return `${lines.join("\n")}\n# EOF\n`;
}

type Answer = {
  status: string;
  error?: string;
  data: { resultType: string; result: unknown };
};
type ApiPoint = [number, string];
type ApiSeries = { metric: Record<string, string>; value: ApiPoint; values: ApiPoint[] };

async function ask(url: string, params: Record<string, string>): Promise<ResultValue> {
  const answer = (await (await fetch(url, { method: "POST", body: new URLSearchParams(params) })).json()) as Answer;
  if (answer.status !== "success") throw new Error(answer.error);
  const { resultType, result } = answer.data;
  if (resultType === "scalar") {
    const [time, value] = result as ApiPoint;
    return { type: "scalar", value: number(value), timeMs: time * 1000 };
  }
  const series = result as ApiSeries[];
  const labelled = series.map((one) => ({ ...one, labels: fromEntries(Object.entries(one.metric)) }));
  if (resultType === "vector") {
    return {
      type: "vector",
      timeMs: 0,
      samples: labelled.map(({ labels, value }) => ({ labels, value: number(value[1]) })),
    };
  }
  return {
    type: "matrix",
    series: labelled.map(({ labels, values }) => ({
      labels,
      times: Float64Array.from(values, ([time]) => Math.round(time * 1000)),
      values: Float64Array.from(values, ([, value]) => number(value)),
    })),
  };
}

function number(text: string): number {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  return text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}
