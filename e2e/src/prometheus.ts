/** The real Prometheus, where one is installed, to compare with. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "./ports.ts";

export function prometheusIsInstalled(): boolean {
  return spawnSync("prometheus", ["--version"]).status === 0;
}

export type Prometheus = { readonly url: string; stop(): Promise<void> };

export async function startPrometheus(config: string): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), "lockstep-prometheus-"));
  writeFileSync(join(folder, "prometheus.yml"), config);
  const [port] = await freePorts(1);
  const args = [
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/tsdb`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child = spawn("prometheus", args, { stdio: "ignore" });
  const ended = new Promise((resolve) => child.on("close", resolve));
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 100; attempt++) {
    await sleep(100);
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
    if (answer?.ok) break;
  }
  return {
    url,
    async stop() {
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
