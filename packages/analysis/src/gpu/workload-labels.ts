/** Who uses a GPU, by the labels that the exporter or the scrape put on its samples. */
import type { Labels } from "@lockstep/schemas/domain/labels";

export type Workload = {
  readonly namespace: string | undefined;
  readonly pod: string | undefined;
  readonly container: string | undefined;
  /** Of the batch system (Slurm and others). */
  readonly job: string | undefined;
};

const own = {
  namespace: ["namespace", "pod_namespace"],
  pod: ["pod", "pod_name"],
  container: ["container", "container_name"],
} as const;

/**
 * Undefined where nobody is named. A scrape with honor_labels: false puts the exporter's own pod into `pod` and moves the
 * workload's to `exported_pod`; on a GPU that nobody uses only the exporter's own is left, which is no workload.
 */
export function workloadOf(labels: Labels): Workload | undefined {
  const job = value(labels, "hpc_job", "job_id", "slurm_job_id");
  const exported = {
    namespace: value(labels, "exported_namespace", "exported_pod_namespace"),
    pod: value(labels, "exported_pod", "exported_pod_name"),
    container: value(labels, "exported_container", "exported_container_name"),
  };
  if (exported.pod !== undefined) return { ...exported, job };
  const named = {
    namespace: value(labels, ...own.namespace),
    pod: value(labels, ...own.pod),
    container: value(labels, ...own.container),
  };
  if (named.pod !== undefined && !isExporter(labels, named.pod, named.container)) return { ...named, job };
  return job === undefined ? undefined : { namespace: undefined, pod: undefined, container: undefined, job };
}

function value(labels: Labels, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const found = labels.get(name);
    if (found !== undefined && found !== "") return found;
  }
  return undefined;
}

/** The pod of the scraped target: named after the service or job that is scraped, or an exporter by its container. */
function isExporter(labels: Labels, pod: string, container: string | undefined): boolean {
  const target = [value(labels, "service"), value(labels, "job")];
  if (target.some((name) => name !== undefined && (pod === name || pod.startsWith(`${name}-`)))) return true;
  return /(?:^|-)(?:dcgm|gpu|nvidia|metrics)[a-z-]*-exporter(?:-|$)/.test(container ?? pod);
}
