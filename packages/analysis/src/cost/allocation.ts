/**
 * Who paid for which share of which GPU-hour. What a cluster costs is what its workloads, its idle GPUs and its overhead
 * cost (OpenCost's specification 0.1): idle is measured from the gaps in attribution and not taken as the rest, so that
 * the sum is a check.
 */
import { CompensatedSum } from "./compensated-sum.ts";
import { type RateStretch, rateLine } from "./rate-line.ts";

const HOUR_MS = 3_600_000;

export type PaidGpu = {
  readonly gpu: string;
  /** While it is paid for; where two overlap the later of the list holds. */
  readonly rates: readonly RateStretch[];
};

/** A share of a GPU that somebody holds in [from, to), ms since 1970. */
export type Holding<Owner extends string> = {
  readonly gpu: string;
  /** Of MIG; absent: the GPU itself. */
  readonly instance?: string;
  readonly owner: Owner;
  readonly from: number;
  readonly to: number;
  /** Of the GPU, 0 to 1: what is asked for, and what is used where that is known and more. */
  readonly requested: number;
  readonly used?: number;
};

export type Share = { readonly cost: number; readonly gpuHours: number };

export type Allocation<Owner extends string> = {
  readonly owners: ReadonlyMap<Owner, Share>;
  readonly idle: Share;
  /** By GPU, where it is not 0. */
  readonly idleOf: ReadonlyMap<string, Share>;
  readonly overhead: number;
  /** From the rates alone. */
  readonly bill: number;
  /** Workload + idle + overhead - bill: rounding, or a mistake. */
  readonly offBy: number;
  /** Held while nobody pays for the GPU, as far as is known: hours that have no price. */
  readonly unpricedGpuHours: number;
};

export type Window = { readonly from: number; readonly to: number };

/** `overhead`: what is paid in the window beside the GPUs. Repeated and overlapping holdings of one owner count once. */
export function allocate<Owner extends string>(
  { from, to }: Window,
  gpus: readonly PaidGpu[],
  holdings: readonly Holding<Owner>[],
  overhead = 0,
): Allocation<Owner> {
  const book = new Book<Owner>();
  const byGpu = Map.groupBy(holdings, ({ gpu }) => gpu);
  for (const { gpu, rates } of gpus) {
    const line = rateLine(rates).flatMap((stretch) => cut(stretch, from, to));
    for (const stretch of line) book.paid(stretch);
    const own = byGpu.get(gpu) ?? [];
    byGpu.delete(gpu);
    const moments = boundaries(line, own, from, to);
    for (let i = 0; i + 1 < moments.length; i++) {
      segment(book, gpu, { from: moments[i]!, to: moments[i + 1]! }, line, own);
    }
  }
  // Of GPUs that are not in the list: nothing is known of their price.
  for (const [gpu, own] of byGpu) {
    const moments = boundaries([], own, from, to);
    for (let i = 0; i + 1 < moments.length; i++)
      segment(book, gpu, { from: moments[i]!, to: moments[i + 1]! }, [], own);
  }
  return book.close(overhead);
}

function cut(stretch: RateStretch, from: number, to: number): RateStretch[] {
  const part = { ...stretch, from: Math.max(stretch.from, from), to: Math.min(stretch.to, to) };
  return part.to > part.from ? [part] : [];
}

function boundaries(line: readonly RateStretch[], own: readonly Window[], from: number, to: number): number[] {
  const inside = [...line, ...own].flatMap((each) => [each.from, each.to]).filter((at) => at > from && at < to);
  return [...new Set([from, ...inside, to])].sort((a, b) => a - b);
}

/** Between two boundaries nothing changes. */
function segment<Owner extends string>(
  book: Book<Owner>,
  gpu: string,
  { from, to }: Window,
  line: readonly RateStretch[],
  own: readonly Holding<Owner>[],
): void {
  const rate = line.find((stretch) => stretch.from <= from && stretch.to >= to)?.perHour;
  const shares = sharesOf(own.filter((holding) => holding.from <= from && holding.to >= to));
  const hours = (to - from) / HOUR_MS;
  let held = 0;
  for (const [owner, share] of shares) {
    if (rate === undefined) book.unpriced(share * hours);
    else book.held(owner, rate, share * hours);
    held += share;
  }
  if (rate !== undefined && held < 1) book.idle(gpu, rate, (1 - held) * hours);
}

/** max(request, usage), as OpenCost has it. Together never more than the GPU: owners that share it in turns share its price. */
function sharesOf<Owner extends string>(holdings: readonly Holding<Owner>[]): Map<Owner, number> {
  const parts = new Map<string, { owner: Owner; share: number }>();
  for (const { owner, instance = "", requested, used = 0 } of holdings) {
    const key = `${instance}\n${owner}`;
    const share = Math.min(1, Math.max(0, requested, used));
    parts.set(key, { owner, share: Math.max(share, parts.get(key)?.share ?? 0) });
  }
  const sum = [...parts.values()].reduce((all, { share }) => all + share, 0);
  const scale = sum > 1 ? 1 / sum : 1;
  const shares = new Map<Owner, number>();
  for (const { owner, share } of parts.values()) shares.set(owner, (shares.get(owner) ?? 0) + share * scale);
  return shares;
}

class Account {
  readonly cost = new CompensatedSum();
  readonly gpuHours = new CompensatedSum();

  add(rate: number, hours: number): void {
    this.cost.add(rate * hours);
    this.gpuHours.add(hours);
  }

  get share(): Share {
    return { cost: this.cost.value, gpuHours: this.gpuHours.value };
  }
}

class Book<Owner extends string> {
  readonly #owners = new Map<Owner, Account>();
  readonly #idleOf = new Map<string, Account>();
  readonly #idle = new Account();
  readonly #bill = new CompensatedSum();
  readonly #all = new CompensatedSum();
  readonly #unpriced = new CompensatedSum();

  paid({ from, to, perHour }: RateStretch): void {
    this.#bill.add((perHour * (to - from)) / HOUR_MS);
  }

  held(owner: Owner, rate: number, hours: number): void {
    accountOf(this.#owners, owner).add(rate, hours);
    this.#all.add(rate * hours);
  }

  idle(gpu: string, rate: number, hours: number): void {
    accountOf(this.#idleOf, gpu).add(rate, hours);
    this.#idle.add(rate, hours);
    this.#all.add(rate * hours);
  }

  unpriced(hours: number): void {
    this.#unpriced.add(hours);
  }

  close(overhead: number): Allocation<Owner> {
    const bill = this.#bill.value + overhead;
    return {
      owners: new Map([...this.#owners].map(([owner, account]) => [owner, account.share])),
      idle: this.#idle.share,
      idleOf: new Map([...this.#idleOf].map(([gpu, account]) => [gpu, account.share])),
      overhead,
      bill,
      offBy: this.#all.value + overhead - bill,
      unpricedGpuHours: this.#unpriced.value,
    };
  }
}

function accountOf<Key>(accounts: Map<Key, Account>, key: Key): Account {
  const known = accounts.get(key);
  if (known !== undefined) return known;
  const account = new Account();
  accounts.set(key, account);
  return account;
}
