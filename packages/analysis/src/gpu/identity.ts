/**
 * One identity of a GPU over the label forms of its exporters: dcgm-exporter of all ages (UUID, uuid, gpu_uuid; Hostname,
 * hostname; modelName, model_name), nvidia_gpu_exporter (uuid without "GPU-"), AMD's device-metrics-exporter.
 */
import { type Labels, METRIC_NAME } from "@lockstep/schemas/domain/labels";

/** A part of a GPU that is used as one. */
export type MigIdentity = {
  /** GPU instance id, "7"; the instance's own UUID where no id is told. */
  readonly instance: string;
  /** "1g.10gb". */
  readonly profile: string | undefined;
};

export type GpuIdentity = {
  /** "GPU-58e8f5ea-...", whatever the exporter puts before it; of AMD as it comes. Of a MIG instance its parent's, if known. */
  readonly uuid: string | undefined;
  readonly mig: MigIdentity | undefined;
  /** The exporter's address without its port, where no label names the node. */
  readonly node: string | undefined;
  /** Number on the node. */
  readonly index: number | undefined;
  /** "0000:1a:00": domain, bus and device in small letters, as kernel logs name it too. */
  readonly pci: string | undefined;
  readonly model: string | undefined;
};

const nvidiaUuid = /^(?:GPU-)?([\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12})$/i;
const oldMigUuid = /^MIG-(GPU-[\da-f-]{36})\/(\d+)(?:\/\d+)?$/i;
const pciAddress = /^([\da-f]{4,8}):([\da-f]{2}):([\da-f]{2})(?:\.[\da-f])?$/i;
const gpuDevice = /^(?:nvidia|card)(\d+)$/;

/** Undefined for label sets that do not speak of a GPU: node, switch, link without a GPU. */
export function gpuOf(labels: Labels): GpuIdentity | undefined {
  const named = uuidOf(labels);
  const index = indexOf(labels);
  const pci = pciOf(first(labels, "pci_bus_id"));
  if (named === undefined && index === undefined && pci === undefined) return undefined;
  return {
    uuid: named?.uuid,
    mig: migOf(labels, named?.instance),
    node: nodeOf(labels),
    index,
    pci,
    model: first(labels, "modelName", "model_name", "card_model", "card_series", "name"),
  };
}

/** Of the GPU or MIG instance, unique in the cluster as far as its labels allow: by UUID, else by node and number or address. */
export function gpuKey({ uuid, mig, node, index, pci }: GpuIdentity): string {
  const gpu = uuid ?? `${node ?? ""}/${index ?? pci ?? ""}`;
  return mig === undefined ? gpu : `${gpu}/${mig.instance}`;
}

/** The value of the first of these labels that has one; an empty value is no label in Prometheus. */
function first(labels: Labels, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = labels.get(name);
    if (value !== undefined && value !== "") return value;
  }
  return undefined;
}

function uuidOf(labels: Labels): { uuid: string | undefined; instance: string | undefined } | undefined {
  const amd = first(labels, "GPU_UUID");
  if (amd !== undefined) return { uuid: amd, instance: undefined };
  const value = first(labels, "UUID", "gpu_uuid", "uuid");
  if (value === undefined) return undefined;
  const part = oldMigUuid.exec(value);
  if (part !== null) return { uuid: `GPU-${part[1]!.slice(4).toLowerCase()}`, instance: part[2]! };
  if (value.startsWith("MIG-")) return { uuid: undefined, instance: value };
  const bare = nvidiaUuid.exec(value)?.[1];
  if (bare === undefined) return isGpuExporter(labels) ? { uuid: value, instance: undefined } : undefined;
  // Disks and machines have UUIDs too; without the prefix something else must say that this is a GPU's.
  if (!value.startsWith("GPU-") && !isGpuExporter(labels)) return undefined;
  return { uuid: `GPU-${bare.toLowerCase()}`, instance: undefined };
}

function isGpuExporter(labels: Labels): boolean {
  const metric = labels.get(METRIC_NAME) ?? "";
  return /^(?:DCGM_|nvidia_smi_|dcgm_|gpu_|amd_)/.test(metric) || gpuDevice.test(labels.get("device") ?? "");
}

function indexOf(labels: Labels): number | undefined {
  const number = first(labels, "gpu", "gpu_id", "minor_number");
  if (number !== undefined && /^\d{1,4}$/.test(number)) return Number(number);
  const device = gpuDevice.exec(labels.get("device") ?? "")?.[1];
  if (device !== undefined) return Number(device);
  const index = first(labels, "index");
  return index !== undefined && /^\d{1,4}$/.test(index) && isGpuExporter(labels) ? Number(index) : undefined;
}

function migOf(labels: Labels, fromUuid: string | undefined): MigIdentity | undefined {
  const instance = first(labels, "GPU_I_ID", "gpu_partition_id") ?? fromUuid ?? first(labels, "dra_mig_device_uuid");
  if (instance === undefined) return undefined;
  return { instance, profile: first(labels, "GPU_I_PROFILE", "dra_mig_profile") };
}

function nodeOf(labels: Labels): string | undefined {
  const named = first(labels, "Hostname", "hostname", "node", "nodename", "kubernetes_node");
  if (named !== undefined) return named;
  const instance = first(labels, "instance");
  if (instance === undefined) return undefined;
  const bracketed = /^\[([^\]]*)\]/.exec(instance)?.[1];
  return bracketed ?? instance.replace(/:\d+$/, "");
}

/** Exporters give the domain eight digits or four, kernel logs four; the function is always 0. */
function pciOf(address: string | undefined): string | undefined {
  const parts = pciAddress.exec(address ?? "");
  if (parts === null) return undefined;
  const domain = Number.parseInt(parts[1]!, 16).toString(16).padStart(4, "0");
  return `${domain}:${parts[2]}:${parts[3]}`.toLowerCase();
}
