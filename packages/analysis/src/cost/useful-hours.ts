/**
 * Of a model's active GPU-hours those that its work would have taken at the pace of its peers. What is above that is waste
 * only where evidence tells where it went (a straggler's wait, throttling); the rest is effort.
 */

/** Replicas of one model and version that did work of one length bin. */
export type WorkRecord = {
  readonly replica: string;
  /** Model, version and length bin: only like is compared with like. */
  readonly kind: string;
  readonly activeGpuHours: number;
  readonly work: number;
};

export type UsefulHours = {
  readonly activeGpuHours: number;
  readonly usefulGpuHours: number;
  /** By replica: hours above the peers' pace that evidence accounts for. */
  readonly wasteOf: ReadonlyMap<string, number>;
};

/**
 * `evidenced`: by replica, the GPU-hours that findings account for at the most; a replica without an entry wastes nothing. The
 * pace of the peers is the median GPU-time a unit of work over replicas of the same kind without evidence against them.
 */
export function usefulHours(records: readonly WorkRecord[], evidenced: ReadonlyMap<string, number>): UsefulHours {
  const left = new Map(evidenced);
  const wasteOf = new Map<string, number>();
  let active = 0;
  for (const own of Map.groupBy(records, ({ kind }) => kind).values()) {
    const pace = paceOf(own, evidenced);
    for (const { replica, activeGpuHours, work } of own) {
      active += activeGpuHours;
      const above = pace === undefined ? 0 : Math.max(0, activeGpuHours - work * pace);
      const waste = Math.min(above, left.get(replica) ?? 0);
      if (waste <= 0) continue;
      left.set(replica, (left.get(replica) ?? 0) - waste);
      wasteOf.set(replica, (wasteOf.get(replica) ?? 0) + waste);
    }
  }
  const wasted = [...wasteOf.values()].reduce((sum, hours) => sum + hours, 0);
  return { activeGpuHours: active, usefulGpuHours: active - wasted, wasteOf };
}

function paceOf(own: readonly WorkRecord[], evidenced: ReadonlyMap<string, number>): number | undefined {
  const worked = own.filter(({ work }) => work > 0);
  const sound = worked.filter(({ replica }) => !((evidenced.get(replica) ?? 0) > 0));
  const paces = (sound.length > 0 ? sound : worked)
    .map(({ activeGpuHours, work }) => activeGpuHours / work)
    .sort((a, b) => a - b);
  if (paces.length === 0) return undefined;
  const middle = paces.length >> 1;
  return paces.length % 2 === 1 ? paces[middle] : (paces[middle - 1]! + paces[middle]!) / 2;
}
