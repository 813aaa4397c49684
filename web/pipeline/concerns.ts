/** What of the pipeline wants a look, worst first. */
import { SELF_METRICS } from "@lockstep/schemas/process/self-metrics";
import type { Attention } from "../fleet/attention.ts";
import type { ProcessState } from "../fleet/process-states.ts";
import { count } from "../format/number.ts";
import { formatUnit } from "../format/unit.ts";
import { growthOf } from "./backlog.ts";
import { total } from "./metric-names.ts";
import { type SelfSeries, select, sumOf, totalNow, totalRise } from "./self-series.ts";

type Concern = { readonly severity: Attention["severity"]; readonly id: string; readonly text: string };

/** `events` counts over the range that `during` names ("in the last 1h"), `now` tells of the last minutes. */
export function concernsOf(options: {
  now: SelfSeries;
  events: SelfSeries;
  during: string;
  processes: readonly ProcessState[];
}): Attention[] {
  const { now, events, during, processes } = options;
  const concerns = [
    ...downConcerns(processes),
    ...processes.flatMap((process) => awayConcern(process, now)),
    ...lossConcerns(events, during),
    ...deadLetterConcerns(events, during),
    ...lagConcerns(now),
  ];
  return concerns
    .sort((a, b) => Number(a.severity === "warning") - Number(b.severity === "warning"))
    .map((concern) => ({
      ...concern,
      kind: concern.severity === "critical" ? "down" : "throttled",
      href: "",
      sinceMs: null,
      earlier: false,
    }));
}

function downConcerns(processes: readonly ProcessState[]): Concern[] {
  return [...Map.groupBy(processes, (state) => state.process)].flatMap(([process, states]): Concern[] => {
    const down = states.filter((state) => !state.up);
    const first = down[0];
    if (first === undefined) return [];
    const id = `down ${process}`;
    if (down.length < states.length) {
      const hosts = down.map((state) => state.host).join(", ");
      const text = `${down.length} of ${states.length} instances of ${process} ${down.length === 1 ? "is" : "are"} down: ${hosts}`;
      return [{ id, severity: "warning", text }];
    }
    const where = down.length === 1 ? ` on ${first.host}` : `: all ${down.length} instances`;
    return [{ id, severity: "critical", text: `${process} is down${where}` }];
  });
}

function awayConcern(process: ProcessState, now: SelfSeries): Concern[] {
  if (process.kafkaAway === null) return [];
  const bytes = totalNow(select(now, SELF_METRICS.spoolBytes));
  const waiting = bytes === null ? "" : ` (${formatUnit(bytes, "bytes")} by now)`;
  return [
    {
      id: `kafka ${process.host}`,
      severity: "critical",
      text: `Kafka is away for the collector on ${process.host}: ${process.kafkaAway}. What it scrapes waits in the spool${waiting} and is sent when Kafka is back.`,
    },
  ];
}

function lossConcerns(events: SelfSeries, during: string): Concern[] {
  const dropped = totalRise(select(events, total(SELF_METRICS.spoolDroppedRows)));
  const refused = totalRise(select(events, total(SELF_METRICS.refusedPages)));
  const found: Concern[] = [];
  if (dropped !== null && dropped > 0) {
    const text = `${formatUnit(dropped, "count")} rows were dropped ${during}: they were older than the spool keeps (lockstep: {spool: {max_age}})`;
    found.push({ id: "dropped", severity: "critical", text });
  }
  if (refused !== null && refused > 0) {
    const text = `${count(Math.round(refused), "scraped page")} ${refused === 1 ? "was" : "were"} refused ${during}: the spool is full (lockstep: {spool: {max_size}})`;
    found.push({ id: "refused", severity: "critical", text });
  }
  return found;
}

function deadLetterConcerns(events: SelfSeries, during: string): Concern[] {
  const byTable = Map.groupBy(
    select(events, total(SELF_METRICS.ingestDeadLetters)),
    (row) => row.labels["table"] ?? "?",
  );
  const counts = [...byTable].flatMap(([table, rows]) => {
    const dead = totalRise(rows) ?? 0;
    return dead > 0 ? [{ table, dead }] : [];
  });
  const all = sumOf(counts.map(({ dead }) => dead));
  if (all === null) return [];
  const tables = counts.map(({ table, dead }) => `${Math.round(dead)} of ${table}`).join(", ");
  const text = `${count(Math.round(all), "block")} could not be stored ${during} (${tables}); "lockstep deadletter list" says why`;
  return [{ id: "dead letters", severity: "critical", text }];
}

function lagConcerns(now: SelfSeries): Concern[] {
  return select(now, SELF_METRICS.lagSeconds).flatMap((row) => {
    const growth = growthOf(row);
    if (growth === null) return [];
    const place = `${row.labels["topic"]}/${row.labels["partition"]}`;
    const text = `Ingest falls behind in ${place}: ${formatUnit(row.value, "seconds")}, ${formatUnit(growth, "seconds")} more than 5 minutes ago`;
    return [{ id: `lag ${place}`, severity: "warning" as const, text }];
  });
}
