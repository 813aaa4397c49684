/** The traces of a configuration: their files followed, read, folded into steps and given to a sink. */
import { hostname, uptime } from "node:os";
import { join } from "node:path";
import type { TraceSource } from "@lockstep/config/config";
import type { Logger } from "@lockstep/process/process";
import type { Source, SourceCounts } from "./line-reader.ts";
import { Outbox } from "./outbox.ts";
import type { OpenFold, ProcessFolds, ProcessName } from "./readers/process-folds.ts";
import { sourceOf } from "./readers/sources.ts";
import { openProcessFold } from "./readers/step-fold.ts";
import { TailFiles } from "./tail-files.ts";
import { TailState } from "./tail-state.ts";
import { Told } from "./told.ts";
import type { TraceSink } from "./trace-sink.ts";

export type TracesOptions = {
  readonly traces: readonly TraceSource[];
  /** LOCKSTEP_DATA: the state is in its folder `tail-state`. */
  readonly data: string;
  readonly sink: TraceSink;
  /** Default: that of packages/analysis. */
  readonly openFold?: OpenFold;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
  /** An error that ends the following of all files. */
  readonly onFatal: (error: unknown) => void;
  /** How a machine is called in events whose lines do not say it. */
  readonly node?: string;
  readonly now?: () => number;
  readonly pollMs?: number;
  /** After so long without a change the steps of a file are taken to be all; longer than a dump interval. */
  readonly idleMs?: number;
};

/** What a source is and what came of it, for self-metrics and the Targets page. */
export type TraceStatus = {
  readonly name: string;
  readonly kind: TraceSource["kind"];
  readonly files: string;
  readonly counts: Readonly<SourceCounts>;
};

export class Traces {
  readonly #sources: readonly { readonly trace: TraceSource; readonly source: Source }[];
  readonly #state: TailState;
  readonly #tail: TailFiles;
  readonly #folding = new Set<ProcessFolds>();

  /** Throws where the state cannot be opened. */
  constructor(options: TracesOptions) {
    const {
      traces,
      data,
      sink,
      openFold = openProcessFold,
      log,
      onFatal,
      node = hostname(),
      now = Date.now,
      pollMs,
      idleMs,
    } = options;
    const outbox = new Outbox();
    const told = new Told(log);
    const machine = {
      name: node,
      offsetMinutes: -new Date(now()).getTimezoneOffset(),
      now,
      bootedAt: now() - uptime() * 1000,
    };
    const tell = (path: string, message: string) => told.warn(path, "bad line", message);
    this.#sources = traces.map((trace, index) => ({
      trace,
      source: sourceOf(trace, `lockstep.traces[${index}].${trace.kind}`, {
        outbox,
        openFold,
        machine,
        tell,
        folding: this.#folding,
      }),
    }));
    this.#state = new TailState(join(data, "tail-state"));
    this.#tail = new TailFiles({
      sources: this.#sources.map(({ source }) => source),
      state: this.#state,
      deliver: () => outbox.deliver(sink),
      log,
      now,
      ...(pollMs !== undefined && { pollMs }),
      ...(idleMs !== undefined && { idleMs }),
    });
    this.#tail.start(onFatal);
  }

  status(): TraceStatus[] {
    return this.#sources.map(({ trace, source }) => ({
      name: source.name,
      kind: trace.kind,
      files: trace.files,
      counts: source.counts,
    }));
  }

  /** Processes without steps, and what to wait for or to set; the first of them. */
  notEnoughData(most = 100): (ProcessName & { readonly reason: string })[] {
    const reasons: (ProcessName & { readonly reason: string })[] = [];
    for (const folds of this.#folding) {
      for (const reason of folds.notEnoughData()) {
        if (reasons.length >= most) return reasons;
        reasons.push(reason);
      }
    }
    return reasons;
  }

  /** Ends after the turn that is being read. */
  async stop(): Promise<void> {
    await this.#tail.stop();
    await this.#state.close();
  }
}
