/** Communicators beside those that do the same: collective, size and group alike. */
import type { GroupRow } from "@lockstep/analysis/straggler/judgement";
import type { GroupKind } from "@lockstep/schemas/domain/operation";

export type BandwidthRow = {
  readonly communicator: string;
  readonly members: number;
  /** GB/s of the bus, as nccl-tests count; null where bytes are not told. */
  readonly busbwGbs: number | null;
  readonly transferUs: number;
  /** Of its transfer time against the others'; 1 is equal, null where there are too few to compare. */
  readonly score: number | null;
};

export type BandwidthGroup = {
  readonly title: string;
  readonly kind: GroupKind;
  readonly collective: string;
  readonly bytes: number | null;
  readonly rows: readonly BandwidthRow[];
};

export type CommunicatorFacts = { readonly id: string; readonly kind: GroupKind; readonly members: number };

/** Of a sort with more communicators than this the slowest are told. */
const MAX_ROWS = 256;

export function bandwidthGroups(rows: readonly GroupRow[], facts: readonly CommunicatorFacts[]): BandwidthGroup[] {
  const byId = new Map(facts.map((each) => [each.id, each]));
  const sorts = new Map<string, BandwidthGroup & { rows: BandwidthRow[] }>();
  for (const row of rows) {
    const { kind, members } = byId.get(row.communicator) ?? { kind: "?" as const, members: 0 };
    if (!(row.transferUs > 0)) continue;
    const bytes = known(row.bytes);
    const key = `${kind} ${row.collective} ${bytes} ${members}`;
    const sort = sorts.get(key) ?? {
      title: `${kind} ${row.collective}`,
      kind,
      collective: row.collective,
      bytes,
      rows: [],
    };
    sorts.set(key, sort);
    const { communicator, transferUs } = row;
    sort.rows.push({ communicator, members, busbwGbs: known(row.busbwGbs), transferUs, score: known(row.score) });
  }
  for (const { rows: own } of sorts.values()) {
    own.sort((a, b) => b.transferUs - a.transferUs);
    own.length = Math.min(own.length, MAX_ROWS);
  }
  return [...sorts.values()].sort((a, b) =>
    a.title < b.title ? -1 : a.title > b.title ? 1 : (b.bytes ?? 0) - (a.bytes ?? 0),
  );
}

function known(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
