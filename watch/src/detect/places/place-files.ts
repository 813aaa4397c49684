/** The topology and mapping files that the configuration names, and the configuration itself: all read again when they changed. */
import { GpuMapping } from "@lockstep/analysis/gpu/gpu-mapping";
import type { TopologyHints } from "@lockstep/analysis/topology/infer-topology";
import { readTopologyFile } from "@lockstep/analysis/topology/topology-file";
import type { ModelSource, TraceSection } from "@lockstep/config/config";
import { loadConfig } from "@lockstep/config/load";
import { readMappingYaml } from "@lockstep/config/trace-section";
import { FollowedFile } from "./followed-file.ts";

export type Places = {
  readonly topology: TopologyHints["ranks"];
  /** Another object when the file changed. */
  readonly mapping: GpuMapping | undefined;
};

type Named = Pick<TraceSection, "topologyFile" | "mappingFile">;

export class PlaceFiles {
  readonly #config: FollowedFile<string> | undefined;
  readonly #say: (problem: string) => void;
  #configText: string | undefined;
  #configProblem: string | undefined;
  #topology: FollowedFile<TopologyHints["ranks"]> | undefined;
  #mapping: FollowedFile<GpuMapping> | undefined;
  #models: readonly ModelSource[] = [];

  /** `configFile`: a prometheus.yml; without one there are no files. `say` gets one line for each problem. */
  constructor(configFile: string | undefined, say: (problem: string) => void) {
    this.#say = say;
    this.#config = configFile === undefined ? undefined : new FollowedFile(configFile, (text) => text, say);
  }

  get problems(): string[] {
    const files = [this.#config?.problem, this.#configProblem, this.#topology?.problem, this.#mapping?.problem];
    return files.filter((problem) => problem !== undefined);
  }

  /** As the configuration names them; the same list until it changes. */
  async models(): Promise<readonly ModelSource[]> {
    await this.#readConfig();
    return this.#models;
  }

  async read(): Promise<Places> {
    await this.#readConfig();
    const [topology, mapping] = await Promise.all([this.#topology?.content(), this.#mapping?.content()]);
    return { topology, mapping };
  }

  async #readConfig(): Promise<void> {
    if (this.#config === undefined) return;
    const text = await this.#config.content();
    if (text === undefined || text === this.#configText) return;
    this.#configText = text;
    await this.#loadConfig(this.#config.path);
  }

  async #loadConfig(path: string): Promise<void> {
    const loaded = await loadConfig(path);
    if (!loaded.ok) {
      const [first] = loaded.errors;
      const where = first === undefined ? path : `${first.file}:${first.line}:${first.column}: ${first.message}`;
      this.#configProblem = `${where}; the files it named before are used meanwhile`;
      this.#say(this.#configProblem);
      return;
    }
    this.#configProblem = undefined;
    this.#models = loaded.config.models;
    this.#name(loaded.config.traces);
  }

  #name({ topologyFile, mappingFile }: Named): void {
    if (topologyFile !== this.#topology?.path)
      this.#topology = topologyFile === undefined ? undefined : new FollowedFile(topologyFile, topologyOf, this.#say);
    if (mappingFile !== this.#mapping?.path)
      this.#mapping = mappingFile === undefined ? undefined : new FollowedFile(mappingFile, mappingOf, this.#say);
  }
}

function topologyOf(text: string, path: string): TopologyHints["ranks"] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path}: not valid JSON: ${(error as Error).message}`);
  }
  return readTopologyFile(path, json);
}

function mappingOf(text: string, path: string): GpuMapping {
  const read = readMappingYaml(text, path);
  if (!read.ok) throw new Error(read.message);
  try {
    return new GpuMapping(read.content);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
}
