/** A scenario file: which faults are planted, when, how bad, and what is true about them. See scenarios/README.md. */
import { readFileSync } from "node:fs";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { ConfigError } from "../config-error.ts";
import type { Cluster } from "../model/cluster.ts";
import type { PlantedFault } from "../model/faults.ts";
import { FRAUD_CATEGORIES, FRAUD_INPUTS } from "../serving/fraud-model.ts";
import { planted, type ScenarioFault, timedFault } from "./fault-file.ts";

const scenario = z.strictObject({
  name: z.string(),
  description: z.string(),
  /** After so long the faults after ready come again. */
  cycle_seconds: z.number().int().min(60).optional(),
  faults: z.array(timedFault).max(100),
});

export type Scenario = z.infer<typeof scenario>;

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
    const problem = misplaced(fault, cluster);
    if (problem === undefined) return;
    throw new ConfigError(`${place(offsetOf(document, ["faults", i, problem.key]))} faults[${i}]: ${problem.text}`);
  });
  return parsed.data;
}

/** A place that the cluster does not have. */
function misplaced(fault: ScenarioFault, { gpus, nodes, workloads }: Cluster) {
  if ("node" in fault) {
    if (gpus.some(({ node, gpu }) => node === fault.node && gpu === fault.gpu)) return undefined;
    const there = `${nodes[0]?.name} to ${nodes.at(-1)?.name}, GPUs 0 to ${(nodes[0]?.gpus.length ?? 0) - 1}`;
    return { key: "node", text: `found GPU ${fault.gpu} of ${fault.node}, expected one of ${there}` };
  }
  if ("model" in fault) return misplacedModel(fault, workloads);
  const jobs = workloads.filter(({ kind }) => kind === "training");
  const job = jobs.find(({ name }) => name === fault.job);
  if (job === undefined) {
    return { key: "job", text: `found ${fault.job}, expected one of ${jobs.map(({ name }) => name).join(", ")}` };
  }
  const stages = job.layout.pipelineParallel ?? 1;
  if (fault.kind !== "slow-stage" || fault.stage < stages) return undefined;
  return { key: "stage", text: `found stage ${fault.stage}, expected one of 0 to ${stages - 1}` };
}

type OfModel = Extract<ScenarioFault, { model: string }>;

/** A model that is not served in a way that could have the fault, or a part of it that is not there. */
function misplacedModel(fault: OfModel, workloads: Cluster["workloads"]) {
  const serves = SERVES_WITH[fault.kind];
  const models = workloads.filter(({ layout }) => layout.serves !== undefined && serves.includes(layout.serves));
  const model = models.find(({ name }) => name === fault.model);
  if (model === undefined) {
    const there = models.map(({ name }) => name).join(", ");
    return { key: "model", text: `found ${fault.model}, expected one of ${there || "no model: none is served so"}` };
  }
  const replicas = model.stepGroups.length;
  if (fault.kind === "broken-replica" && fault.replica >= replicas) {
    return { key: "replica", text: `found replica ${fault.replica}, expected one of 0 to ${replicas - 1}` };
  }
  const features = fault.kind === "new-category" ? FRAUD_CATEGORIES : FRAUD_INPUTS;
  if (!("feature" in fault) || features.includes(fault.feature)) return undefined;
  return { key: "feature", text: `found ${fault.feature}, expected one of ${features.join(", ")}` };
}

const SERVES_WITH: Readonly<Record<OfModel["kind"], readonly string[]>> = {
  "prompt-shift": ["vllm"],
  "broken-replica": ["vllm"],
  "feature-missing": ["classifier"],
  "new-category": ["classifier"],
  "concept-drift": ["classifier"],
  deploy: ["classifier"],
  "traffic-burst": ["vllm", "classifier"],
};

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
  return scenario.faults.flatMap((fault, i) =>
    fault.after === after ? [planted(fault, `${scenario.name}[${i}]`, originMs + fault.offset_seconds * 1000)] : [],
  );
}
