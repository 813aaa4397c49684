/** A scenario file: which faults are planted, when, how bad, and what is true about them. See scenarios/README.md. */
import { readFileSync } from "node:fs";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { ConfigError } from "../config-error.ts";
import type { Cluster } from "../model/cluster.ts";
import type { PlantedFault } from "../model/faults.ts";
import { TICK_MS } from "../model/live.ts";

const seconds = z.number().int();

const thermalThrottle = z.strictObject({
  kind: z.literal("thermal-throttle"),
  node: z.string(),
  gpu: z.number().int().min(0),
  /** What `offset_seconds` counts from: the first start on a data folder (so: the past), or each time pages are served. */
  after: z.enum(["first-start", "ready"]),
  offset_seconds: seconds,
  duration_seconds: seconds.min(1),
  ramp_seconds: seconds.min(0).default(60),
  /** Share of the GPU's cooling that is gone at the worst. Below about 0.5 the clocks do not yet suffer. */
  cooling_lost: z.number().gt(0).max(0.9),
  truth: z.string().min(1),
});

const timed = thermalThrottle.superRefine((fault, context) => {
  const { after, offset_seconds, duration_seconds } = fault;
  if (after === "first-start" && offset_seconds + duration_seconds > 0) {
    const message = "a fault before the first start is over by then: expected offset_seconds + duration_seconds <= 0";
    context.addIssue({ code: "custom", path: ["offset_seconds"], message });
  }
  // The simulation stands a tick ahead of what it serves: what is nearer has been decided already.
  if (after === "ready" && offset_seconds * 1000 < TICK_MS) {
    const message = `expected at least ${TICK_MS / 1000} seconds after ready`;
    context.addIssue({ code: "custom", path: ["offset_seconds"], message });
  }
});

const scenario = z.strictObject({ name: z.string(), description: z.string(), faults: z.array(timed).max(100) });

export type Scenario = z.infer<typeof scenario>;
export type ScenarioFault = Scenario["faults"][number];

/** Throws ConfigError with file, line, column, path and what was expected. */
export function parseScenario(text: string, file: string, cluster: Cluster): Scenario {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const broken = document.errors[0];
  if (broken) throw new ConfigError(`${place(broken.pos[0])}: ${broken.message.split("\n")[0]}`);
  const parsed = scenario.safeParse(document.toJS());
  if (!parsed.success) {
    const messages = parsed.error.issues.map(
      ({ path, message }) => `${place(offsetOf(document, path))} ${pathText(path)}: ${message}`,
    );
    throw new ConfigError(messages.join("\n"));
  }
  parsed.data.faults.forEach((fault, i) => {
    if (cluster.gpus.some(({ node, gpu }) => node === fault.node && gpu === fault.gpu)) return;
    const { nodes } = cluster;
    const there = `${nodes[0]?.name} to ${nodes.at(-1)?.name}, GPUs 0 to ${(nodes[0]?.gpus.length ?? 0) - 1}`;
    const where = place(offsetOf(document, ["faults", i, "node"]));
    throw new ConfigError(`${where} faults[${i}]: found GPU ${fault.gpu} of ${fault.node}, expected one of ${there}`);
  });
  return parsed.data;
}

export function readScenario(file: string, cluster: Cluster): Scenario {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new ConfigError(`scenario ${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  return parseScenario(text, file, cluster);
}

/** Where the value at `path`, or the nearest thing around it that exists, begins. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true) as { range?: [number, number, number] | null } | undefined;
    if (node?.range) return node.range[0];
  }
  return 0;
}

function pathText(path: readonly PropertyKey[]): string {
  return (
    path
      .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
      .join("")
      .replace(/^\./, "") || "file"
  );
}

/** The scenario's faults that count from `after`, which is at `originMs`. */
export function plantFaults(scenario: Scenario, after: ScenarioFault["after"], originMs: number): PlantedFault[] {
  return scenario.faults.flatMap((fault, i) => {
    if (fault.after !== after) return [];
    const startMs = originMs + fault.offset_seconds * 1000;
    const planted: PlantedFault = {
      kind: fault.kind,
      source: `${scenario.name}[${i}]`,
      node: fault.node,
      gpu: fault.gpu,
      startMs,
      endMs: startMs + fault.duration_seconds * 1000,
      coolingLost: fault.cooling_lost,
      rampMs: fault.ramp_seconds * 1000,
      truth: fault.truth,
    };
    return [planted];
  });
}
