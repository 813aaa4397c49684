/** What the readers made of the files and the sink has not taken yet. */
import type { StepRow } from "@lockstep/analysis/fold/step-row";
import type { DumpFile, InspectorPage, KernelEvent, TraceSink } from "./trace-sink.ts";

export class Outbox {
  #rows: StepRow[] = [];
  #events: KernelEvent[] = [];
  readonly #dumps: DumpFile[] = [];
  readonly #pages: InspectorPage[] = [];

  row(row: StepRow): void {
    this.#rows.push(row);
  }

  event(event: KernelEvent): void {
    this.#events.push(event);
  }

  dump(dump: DumpFile): void {
    this.#dumps.push(dump);
  }

  page(page: InspectorPage): void {
    this.#pages.push(page);
  }

  /** Rejects with the sink's error; what it has not taken stays for the next time. */
  async deliver(sink: TraceSink): Promise<void> {
    if (this.#rows.length > 0) {
      await sink.steps(this.#rows);
      this.#rows = [];
    }
    if (this.#events.length > 0) {
      await sink.events(this.#events);
      this.#events = [];
    }
    for (let dump = this.#dumps[0]; dump !== undefined; dump = this.#dumps[0]) {
      await sink.flightRecorder(dump);
      this.#dumps.shift();
    }
    for (let page = this.#pages[0]; page !== undefined; page = this.#pages[0]) {
      await sink.inspectorPage(page);
      this.#pages.shift();
    }
  }
}
