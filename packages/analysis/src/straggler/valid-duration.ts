/** Which durations say what, and which nothing. */
import type { OperationColumn } from "./job-window.ts";

/** Nobody leaves before the last one has entered. In the others a rank may go before all have come. */
const blocking = new Set(["AllReduce", "AllGather", "ReduceScatter", "AllToAll", "Barrier"]);

/** Below this, launch overhead is most of the duration; NCCL Inspector leaves such operations out by default. */
export const minBytes = 8192;

/** Whether a longer duration means waiting for the last arriver. */
export function showsLateness(column: OperationColumn): boolean {
  return blocking.has(column.collective) && (column.collective === "Barrier" || !(column.bytes < minBytes));
}

/** Whether the shortest duration is the time that moving the bytes took. */
export function showsTransfer(column: OperationColumn): boolean {
  const moves =
    (blocking.has(column.collective) && column.collective !== "Barrier") || column.collective === "SendRecv";
  return moves && !(column.bytes < minBytes);
}
