import type { ProcessState } from "../fleet/process-states.ts";
import { PROCESS_CPU, PROCESS_INFO, PROCESS_LOOP_LAG, PROCESS_MEMORY, PROCESS_START } from "./metric-names.ts";
import { rateOf, type SelfSeries, select } from "./self-series.ts";

export type Identity = { readonly process: string; readonly host: string };

export type ProcessUsage = Identity & {
  /** Of its heartbeats; null: it sends none, or is known by its metrics only. */
  readonly state: ProcessState | null;
  /** Address its metrics are scraped at; null: they are not. */
  readonly instance: string | null;
  /** CPU seconds a second. */
  readonly cpu: number | null;
  readonly memoryBytes: number | null;
  readonly loopLagSeconds: number | null;
  readonly startedMs: number | null;
};

/** Who is scraped at which address. Of two that were there one after the other, the one that still is. */
export function identitiesOf(series: SelfSeries): ReadonlyMap<string, Identity> {
  const rows = select(series, PROCESS_INFO).toSorted(
    (a, b) => Number(a.value !== null) - Number(b.value !== null) || a.ts - b.ts,
  );
  return new Map(
    rows.map((row) => [
      row.labels["instance"] ?? "",
      // A target's own label of that name wins over the page's, which the scrape then keeps under exported_.
      {
        process: row.labels["exported_process"] ?? row.labels["process"] ?? "",
        host: row.labels["exported_host"] ?? row.labels["host"] ?? "",
      },
    ]),
  );
}

const ORDER = ["collector", "ingest", "watch", "web"];

/** Every process that has a heartbeat or is scraped, in the order of the data. */
export function processUsage(series: SelfSeries, processes: readonly ProcessState[]): ProcessUsage[] {
  const identities = [...identitiesOf(series)];
  const own = (metric: string, instance: string) =>
    select(series, metric, { instance }).find((row) => row.value !== null);
  const measured = (instance: string) => {
    const cpu = own(PROCESS_CPU, instance);
    const started = own(PROCESS_START, instance)?.value ?? null;
    return {
      instance,
      cpu: cpu === undefined ? null : rateOf(cpu),
      memoryBytes: own(PROCESS_MEMORY, instance)?.value ?? null,
      loopLagSeconds: own(PROCESS_LOOP_LAG, instance)?.value ?? null,
      ...(started === null ? {} : { startedMs: started * 1000 }),
    };
  };
  const nothing = { instance: null, cpu: null, memoryBytes: null, loopLagSeconds: null };
  const beating = processes.map((state): ProcessUsage => {
    const found = identities.find(([, who]) => who.process === state.process && who.host === state.host);
    const { process, host } = state;
    const startedMs = state.up ? state.startedMs : null;
    return { process, host, state, startedMs, ...(found === undefined ? nothing : measured(found[0])) };
  });
  const silent = identities
    .filter(([, who]) => !processes.some((state) => state.process === who.process && state.host === who.host))
    .filter(([instance]) => own(PROCESS_INFO, instance) !== undefined)
    .map(([instance, who]): ProcessUsage => ({ ...who, state: null, startedMs: null, ...measured(instance) }));
  const place = ({ process }: Identity) => (ORDER.includes(process) ? ORDER.indexOf(process) : ORDER.length);
  return [...beating, ...silent].sort(
    (a, b) =>
      place(a) - place(b) || (a.process < b.process ? -1 : a.process > b.process ? 1 : 0) || (a.host < b.host ? -1 : 1),
  );
}
