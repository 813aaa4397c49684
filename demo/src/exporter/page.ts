/** One node's page, as dcgm-exporter prints it. All text but the values is made once. */
import type { Node } from "../model/cluster.ts";
import { type Columns, type Field, formatReading, READINGS, type Reading } from "../model/readings.ts";
import type { CountersFile } from "./counters-csv.ts";
import { gpuLabels } from "./labels.ts";

export const SIMULATED = "# Simulated by the Lockstep demo: neither this node nor its GPUs exist.\n";

type Line = { readonly prefix: string; readonly gpu: number };
type Family = { readonly header: string; readonly field: Field; readonly reading: Reading; readonly lines: Line[] };

export class NodePage {
  readonly #families: readonly Family[];

  constructor(node: Node, file: CountersFile) {
    const labels = node.gpus.map((gpu) =>
      gpuLabels(gpu, file)
        .map(([name, value]) => `${name}="${value}"`)
        .join(","),
    );
    this.#families = file.counters.map(({ field, type, help }) => ({
      header: `# HELP ${field} ${help}\n# TYPE ${field} ${type}\n`,
      field,
      reading: READINGS[field],
      lines: node.gpus.map((gpu, i) => ({ prefix: `${field}{${labels[i]}} `, gpu: gpu.index })),
    }));
  }

  render(columns: Columns): string {
    let page = SIMULATED;
    for (const { header, field, reading, lines } of this.#families) {
      page += header;
      const column = columns[field];
      for (const { prefix, gpu } of lines) page += `${prefix}${formatReading(reading, column[gpu]!)}\n`;
    }
    return page;
  }
}
