/** docker-compose.yml against what the processes know: commands, variables, and what every service has to say. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "@lockstep/config/load";
import { processEnv } from "@lockstep/schemas/process/env";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { readNamed } from "../src/run/deployment.ts";

const root = join(import.meta.dirname, "../..");

const service = z.object({
  image: z.string(),
  restart: z.literal("unless-stopped"),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  secrets: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.literal("service_healthy") })).default({}),
  healthcheck: z.object({ test: z.array(z.string()), start_period: z.string() }),
  deploy: z.object({ resources: z.object({ limits: z.object({ cpus: z.string(), memory: z.string() }) }) }),
});
const compose = z
  .object({
    services: z.record(z.string(), service),
    secrets: z.record(z.string(), z.object({ environment: z.string() })),
  })
  .parse(parse(readFileSync(join(root, "docker-compose.yml"), "utf8"), { merge: true }));

const OURS = ["collector", "ingest", "watch", "web"];

describe.each(Object.entries(compose.services))("%s", (name, { image, ports, secrets, depends_on, environment }) => {
  test("is pinned, stays on loopback, and names what there is", () => {
    expect(image).toMatch(OURS.includes(name) ? /^lockstep:\$\{LOCKSTEP_VERSION/ : /:v?\d+\.\d+/);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    for (const secret of secrets) expect(compose.secrets).toHaveProperty(secret);
    for (const other of Object.keys(depends_on)) expect(compose.services).toHaveProperty(other);
  });

  test("its variables of ours are read by someone", () => {
    const ours = Object.keys(environment).filter((variable) => variable.startsWith("LOCKSTEP_"));
    expect(ours.filter((variable) => !Object.hasOwn(processEnv.shape, variable))).toEqual([]);
  });
});

test.each(OURS)("%s is a command, and its health check asks for the same", (name) => {
  const { command, healthcheck } = compose.services[name]!;
  const surroundings = { root, cwd: root, env: {}, print: () => undefined };
  expect(command[0]).toBe("run");
  expect(readNamed("run", command.slice(1), surroundings, "")).toMatchObject({ name });
  expect(healthcheck.test.slice(-2)).toEqual(["health", name]);
});

test("each secret is in the example of .env", () => {
  const example = readFileSync(join(root, "deploy/.env.example"), "utf8");
  for (const { environment } of Object.values(compose.secrets)) expect(example).toContain(`\n${environment}=\n`);
});

test("the example configuration is valid, without a warning", async () => {
  const loaded = await loadConfig(join(root, "deploy/prometheus.yml"));
  expect(loaded).toMatchObject({ ok: true, warnings: [] });
});
