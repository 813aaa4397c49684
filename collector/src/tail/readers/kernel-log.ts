/** Errors of GPUs out of kernel logs, with the machine they happened on. */
import { KernelLogReader } from "@lockstep/formats/xid/kernel-log-reader";
import type { LineReader, Source } from "../line-reader.ts";
import { LineCounter } from "./line-counter.ts";
import type { SourceOptions } from "./sources.ts";

/** The one this process runs on. */
export type Machine = {
  readonly name: string;
  /** Minutes east of UTC. */
  readonly offsetMinutes: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** When it started, milliseconds since 1970. */
  readonly bootedAt: number;
};

type Snapshot = { readonly nextLine: number; readonly uuids: readonly [pci: string, uuid: string][] };

const DEVICE = /^\/dev\//;

export function openKernelReader(
  path: string,
  snapshot: string | undefined,
  { counts }: Pick<Source, "counts">,
  { outbox, machine, tell }: SourceOptions,
): LineReader {
  const before = snapshot === undefined ? undefined : (JSON.parse(snapshot) as Snapshot);
  const open = (file: string, firstLine: number, uuids: ReadonlyMap<string, string>) =>
    new KernelLogReader({
      firstLine,
      uuids,
      clock: { offsetMinutes: machine.offsetMinutes, before: machine.now() },
      onProblem: new LineCounter(counts, file, tell).problem,
      onEvent: (event, gpu) => {
        counts.events += 1;
        // Only of this machine's own log, since its last start, is the start known.
        const dated =
          event.at ??
          (DEVICE.test(file) && event.bootUs !== undefined ? machine.bootedAt + event.bootUs / 1000 : undefined);
        outbox.event({ ...event, at: dated, node: event.host ?? machine.name, gpu });
      },
    });
  let reader = open(path, before?.nextLine ?? 1, new Map(before?.uuids));
  const counted = (act: () => void) => {
    const first = reader.nextLine;
    act();
    counts.lines += reader.nextLine - first;
  };
  return {
    push: (lines) => counted(() => reader.push(lines)),
    restart: (file) => {
      reader = open(file, 1, reader.uuids);
    },
    end: (rest) =>
      counted(() => {
        if (rest !== undefined) reader.push(rest);
        reader.end();
      }),
    idle: () => {},
    close: () => {},
    snapshot: () => JSON.stringify({ nextLine: reader.nextLine, uuids: [...reader.uuids] } satisfies Snapshot),
  };
}
