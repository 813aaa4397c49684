/** What is read of traces, as blocks of the log: each call resolves when the spool has taken what it was given. */
import type { StepRow } from "@lockstep/analysis/fold/step-row";
import { toStored } from "@lockstep/analysis/fold/stored-step-row";
import { xidOf } from "@lockstep/analysis/gpu/xid-catalog";
import { textOfDump } from "@lockstep/formats/flight-recorder/dump-text";
import { encodeRows } from "@lockstep/formats/native";
import type { LogProducer, OutgoingBlock } from "@lockstep/log/log";
import { BLOCK_TABLES, type TableName } from "@lockstep/schemas/blocks/tables";
import type { DumpFile, InspectorPage, KernelEvent, TraceSink } from "../tail/trace-sink.ts";
import { placeOf } from "../target-hash.ts";
import { InspectorSeries } from "./inspector-series.ts";
import type { Publisher } from "./publisher.ts";

export type TraceLogOptions = {
  readonly producer: LogProducer;
  /** Pages of NCCL Inspector's Prometheus mode go the way of all pages. */
  readonly publisher: Pick<Publisher, "page" | "laneOf">;
  readonly lanes: number;
  readonly now: () => number;
};

type Row = Record<string, unknown>;

/** A row holds up to 128 numbers: 5 MB a block at the most. */
const MAX_ROWS = 10_000;

export function createTraceLog({ producer, publisher, lanes, now }: TraceLogOptions): TraceSink {
  const inspectorSeries = new InspectorSeries();
  const append = (table: TableName, rows: readonly Row[], lane: number) => producer.append(blocksOf(table, rows, lane));
  return {
    async steps(rows) {
      const readAt = now();
      const byLane = Map.groupBy(rows, ({ job, process }) => laneOf(job, process, lanes));
      const blocks = [...byLane].flatMap(([lane, some]) =>
        blocksOf(
          "collectives",
          some.map((row: StepRow) => toStored(row, readAt)),
          lane,
        ),
      );
      if (blocks.length > 0) await producer.append(blocks);
    },
    async events(events) {
      if (events.length > 0) await append("events", eventRows(events, now()), 0);
    },
    async flightRecorder(file) {
      await append("flight_dumps", [dumpRow(file, now())], 0);
    },
    async inspectorPage(page: InspectorPage) {
      const { block, unsent } = inspectorSeries.read(page);
      publisher.page(block, unsent, publisher.laneOf(new Map([["path", page.path]])), page.writtenAtMs);
    },
  };
}

/** All of a process stays in one lane, and so in order. */
function laneOf(job: string, process: string, lanes: number): number {
  return placeOf(
    new Map([
      ["job", job],
      ["process", process],
    ]),
    "lane",
    lanes,
  );
}

function blocksOf(table: TableName, rows: readonly Row[], lane: number): OutgoingBlock[] {
  const { version } = BLOCK_TABLES[table];
  const blocks: OutgoingBlock[] = [];
  for (let from = 0; from < rows.length; from += MAX_ROWS) {
    const some = rows.slice(from, from + MAX_ROWS);
    blocks.push({ table, version, rows: some.length, block: encodeRows(BLOCK_TABLES[table], some), lane });
  }
  return blocks;
}

function eventRows(events: readonly KernelEvent[], seen: number): Row[] {
  return events.map((event) => ({
    kind: "xid",
    // A line that is not dated is of the moment it was read: the order of lines is all there is.
    at: event.at ?? seen,
    node: event.node,
    gpu: event.gpu ?? "",
    code: event.code,
    title: event.switch ? `SXid ${event.code}` : `Xid ${event.code}: ${xidOf(event.code).meaning}`,
    labels: new Map(Object.entries({ pci: event.pci, ...(event.processName && { process: event.processName }) })),
    detail: event.text,
    source: "kernel_log",
    seen,
  }));
}

function dumpRow({ job, dump, writtenAtMs }: DumpFile, seen: number): Row {
  return { job, rank: dump.rank, node: "", at: writtenAtMs, dump: textOfDump(dump), seen };
}
