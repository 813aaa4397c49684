/** The streams of a process, found by operation. */
import type { Operation } from "@lockstep/schemas/domain/operation";
import { OperationStream } from "./operation-stream.ts";

/** A process has some tens; more come of communicators that are made anew, and the longest unheard goes. */
const maxStreams = 256;

export class StreamTable {
  readonly streams: OperationStream[] = [];
  /** Operations in all of them. */
  pending = 0;
  readonly #byCommunicator = new Map<string, OperationStream[]>();

  of(operation: Operation): OperationStream {
    const same = this.#byCommunicator.get(operation.communicator);
    if (same !== undefined) for (const stream of same) if (stream.matches(operation)) return stream;
    const { communicator, kind, collective, peer, node, rank, size, jobRank, members, timing } = operation;
    const identity = { communicator, kind, collective, peer, node, rank, size, jobRank, members, timing };
    const stream = new OperationStream(identity);
    this.#forgetOne();
    this.add(stream);
    return stream;
  }

  add(stream: OperationStream): void {
    this.streams.push(stream);
    this.pending += stream.pending;
    const { communicator } = stream.identity;
    const same = this.#byCommunicator.get(communicator);
    if (same) same.push(stream);
    else this.#byCommunicator.set(communicator, [stream]);
  }

  /** Whether no stream of the period was heard since `arrival`. */
  isSilent(arrival: number): boolean {
    return this.streams.every(({ rhythm, lastArrival }) => rhythm === undefined || lastArrival < arrival);
  }

  /** Of each stream; gives how many. */
  dropOlderHalf(): number {
    let dropped = 0;
    for (const stream of this.streams) {
      const half = stream.pending >> 1;
      if (half === 0) continue;
      stream.cutTo(stream.head + half, stream.seq[stream.head + half - 1]! + 1);
      dropped += half;
    }
    this.pending -= dropped;
    return dropped;
  }

  #forgetOne(): void {
    if (this.streams.length < maxStreams) return;
    const idle = this.streams.filter(({ rhythm, pending }) => rhythm === undefined && pending === 0);
    const oldest = idle.reduce<OperationStream | undefined>(
      (found, stream) => (found !== undefined && found.lastArrival <= stream.lastArrival ? found : stream),
      undefined,
    );
    if (oldest === undefined) return;
    this.streams.splice(this.streams.indexOf(oldest), 1);
    const same = this.#byCommunicator.get(oldest.identity.communicator)!;
    same.splice(same.indexOf(oldest), 1);
    if (same.length === 0) this.#byCommunicator.delete(oldest.identity.communicator);
  }
}
