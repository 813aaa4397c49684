/** Lines of a node's kernel log, in syslog's form, about a GPU that failed. */
import type { Gpu } from "../model/cluster.ts";

const MEANINGS: Readonly<Record<number, string>> = {
  79: "pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
};

/** The driver first tells which GPU sits at the address. Throws for a code that the simulation has no words for. */
export function kernelLines(gpu: Gpu, code: number, atMs: number): string {
  const meaning = MEANINGS[code];
  if (meaning === undefined) throw new Error(`Xid ${code} is not simulated`);
  const address = `PCI:${gpu.pciBusId.toLowerCase().replace(/^0000/, "").replace(/\.\d$/, "")}`;
  const head = `${new Date(atMs).toISOString().replace("Z", "000+00:00")} ${gpu.node} kernel:`;
  return [
    `${head} NVRM: GPU at ${address}: ${gpu.uuid}`,
    `${head} NVRM: Xid (${address}): ${code}, ${meaning}`,
    `${head} NVRM: GPU ${gpu.pciBusId.toLowerCase()}: GPU has fallen off the bus.`,
    "",
  ].join("\n");
}
