/** Targets that number their pages, and the configuration that scrapes them. */
import { NumberedExporter } from "../exporter.ts";

export type LoadOptions = {
  readonly targets: number;
  readonly valuesPerPage: number;
  /** How many of the targets tell times of the past, whose roll-up windows have closed long ago. */
  readonly late?: number;
};

/** Two windows of five minutes and more. */
const LATE_MS = 15 * 60_000;

export class Load {
  readonly exporters: readonly NumberedExporter[];
  readonly addresses: readonly string[];
  readonly late: number;

  private constructor(exporters: readonly NumberedExporter[], addresses: readonly string[], late: number) {
    this.exporters = exporters;
    this.addresses = addresses;
    this.late = late;
  }

  static async start({ targets, valuesPerPage, late = 0 }: LoadOptions): Promise<Load> {
    const exporters = Array.from(
      { length: targets },
      (_, i) => new NumberedExporter(i < late ? { valuesPerPage, agoMs: LATE_MS } : { valuesPerPage }),
    );
    return new Load(exporters, await Promise.all(exporters.map((exporter) => exporter.listen())), late);
  }

  /** Addresses of targets whose samples carry the time of their scrape. */
  get live(): readonly string[] {
    return this.addresses.slice(this.late);
  }

  /** A prometheus.yml that scrapes each every second. */
  get config(): string {
    const targets = this.addresses.map((address) => JSON.stringify(address)).join(", ");
    return `global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n  - job_name: numbered\n    static_configs:\n      - targets: [${targets}]\n`;
  }

  get served(): number {
    return this.exporters.reduce((sum, exporter) => sum + exporter.served.length, 0);
  }

  async stop(): Promise<void> {
    await Promise.all(this.exporters.map((exporter) => exporter.close()));
  }
}
