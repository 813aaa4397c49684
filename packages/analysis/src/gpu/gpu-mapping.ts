/** The mapping file: what no label tells about who uses a GPU and what it costs. Content already parsed from YAML or JSON. */
import type { GpuIdentity } from "./identity.ts";

export class GpuMappingError extends Error {
  override readonly name = "GpuMappingError";
}

export type Mapped = {
  readonly namespace?: string;
  readonly pod?: string;
  readonly job?: string;
  readonly model?: string;
  readonly replica?: string;
  readonly price_class?: string;
};

type Place = { readonly gpu?: string; readonly node?: string; readonly index?: number; readonly mig?: string };

const told = ["namespace", "pod", "job", "model", "replica", "price_class"] as const;
const placing = ["gpu", "node", "index", "mig"] as const;
const maxEntries = 1_000_000;

export class GpuMapping {
  readonly #entries = new Map<string, Mapped>();

  /**
   * A list of {gpu: UUID | node, index?} with an optional `mig` (GPU instance id) and any of namespace, pod, job, model, replica,
   * price_class. A node without an index speaks of all of its GPUs. Throws GpuMappingError with the entry's place.
   */
  constructor(content: unknown) {
    if (!Array.isArray(content))
      throw new GpuMappingError(`GPU mapping: found ${kindOf(content)}, expected a list of entries with gpu or node.`);
    if (content.length > maxEntries)
      throw new GpuMappingError(`GPU mapping: found ${content.length} entries, expected at most ${maxEntries}.`);
    for (const [at, entry] of content.entries()) {
      const { place, mapped } = entryOf(entry, at);
      const key = keyOf(place);
      if (this.#entries.has(key))
        throw new GpuMappingError(`GPU mapping, entry ${at}: ${key} is mapped twice. Leave one of the two out.`);
      this.#entries.set(key, mapped);
    }
  }

  /** What is mapped for this GPU or MIG instance: the nearest entry's value of each key (instance, GPU, node and number, node). */
  of({ uuid, mig, node, index }: GpuIdentity): Mapped | undefined {
    const gpu = uuid === undefined ? {} : { gpu: uuid };
    const places: Place[] = [];
    if (node !== undefined) places.push({ node });
    if (node !== undefined && index !== undefined) places.push({ node, index });
    if (uuid !== undefined) places.push(gpu);
    if (mig !== undefined) {
      if (node !== undefined && index !== undefined) places.push({ node, index, mig: mig.instance });
      if (uuid !== undefined) places.push({ ...gpu, mig: mig.instance });
    }
    const found = places.map((place) => this.#entries.get(keyOf(place))).filter((mapped) => mapped !== undefined);
    return found.length === 0 ? undefined : Object.assign({}, ...found);
  }
}

function entryOf(entry: unknown, at: number): { place: Place; mapped: Mapped } {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry))
    throw new GpuMappingError(`GPU mapping, entry ${at}: found ${kindOf(entry)}, expected keys and values.`);
  const known = new Set<string>([...placing, ...told]);
  for (const key of Object.keys(entry))
    if (!known.has(key))
      throw new GpuMappingError(`GPU mapping, entry ${at}: found the key "${key}", expected ${[...known].join(", ")}.`);
  const values = entry as Record<string, unknown>;
  const place: Place = {
    ...text(values, "gpu", at),
    ...text(values, "node", at),
    ...text(values, "mig", at),
    ...number(values, at),
  };
  if ((place.gpu === undefined) === (place.node === undefined))
    throw new GpuMappingError(`GPU mapping, entry ${at}: expected either gpu (a UUID) or node (and index).`);
  if (place.gpu !== undefined && place.index !== undefined)
    throw new GpuMappingError(`GPU mapping, entry ${at}: index belongs to node; a gpu is named by its UUID alone.`);
  const mapped = Object.assign({}, ...told.map((key) => text(values, key, at))) as Mapped;
  return { place, mapped };
}

/** YAML reads 7 as a number where "7" is meant. */
function text(values: Record<string, unknown>, key: string, at: number): Record<string, string> {
  const value = values[key];
  if (value === undefined || value === null) return {};
  if (typeof value === "number" && Number.isFinite(value)) return { [key]: String(value) };
  if (typeof value === "string" && value !== "" && value.length <= 1000) return { [key]: value };
  throw new GpuMappingError(
    `GPU mapping, entry ${at}, ${key}: found ${kindOf(value)}, expected a text of 1 to 1000 characters.`,
  );
}

function number(values: Record<string, unknown>, at: number): { index?: number } {
  const value = values["index"];
  if (value === undefined || value === null) return {};
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return { index: value };
  throw new GpuMappingError(`GPU mapping, entry ${at}, index: found ${kindOf(value)}, expected a whole number from 0.`);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "keys and values" : JSON.stringify(value);
}

function keyOf({ gpu, node, index, mig }: Place): string {
  const place = gpu ?? (index === undefined ? `${node}` : `${node}/${index}`);
  return mig === undefined ? place : `${place}, instance ${mig}`;
}
