/** A meter that keeps what was counted, for tests. */
import type { Meter } from "@lockstep/process/metrics";

type Observed = Record<string, number>;
type Observer = { observe(instrument: { name: string }, value: number): void };

export class RecordingMeter {
  readonly #values: Observed = {};
  readonly #callbacks: ((observer: Observer) => void)[] = [];

  /** By name and, where there is one, label `table`; of a histogram the sum. */
  values(): Observed {
    return { ...this.#values };
  }

  /** What the observable instruments say now. */
  async observed(): Promise<Observed> {
    const found: Observed = {};
    for (const callback of this.#callbacks) callback({ observe: ({ name }, value) => (found[name] = value) });
    return found;
  }

  get meter(): Meter {
    const add = (name: string) => (value: number, labels?: { table?: string }) => {
      const key = labels?.table === undefined ? name : `${name} ${labels.table}`;
      this.#values[key] = (this.#values[key] ?? 0) + value;
    };
    const made = {
      createCounter: (name: string) => ({ add: add(name) }),
      createHistogram: (name: string) => ({ record: add(name) }),
      createObservableGauge: (name: string) => ({ name }),
      addBatchObservableCallback: (callback: (observer: Observer) => void) => this.#callbacks.push(callback),
    };
    return made as unknown as Meter;
  }
}
