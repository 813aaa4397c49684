import { count } from "../format/number.ts";
import { isThermal, reasonsIn } from "./clock-reasons.ts";
import { fullName, type Gpu, gpuPath, nodePath } from "./gpu.ts";
import type { Spell } from "./spells.ts";
import { xidWords } from "./xid.ts";

/** Something that was wrong for a while: a sentence, from when to when, and where to go. */
export type FleetEvent = {
  readonly id: string;
  readonly kind: "down" | "xid" | "throttled";
  readonly text: string;
  readonly href: string;
  /** Unix ms. */
  readonly fromMs: number;
  readonly toMs: number;
  /** It began before the range. */
  readonly earlier: boolean;
  /** It goes on at the end of the range. */
  readonly ongoing: boolean;
};

export type Subject<T> = { readonly of: T; readonly spells: readonly Spell[] };

export type Happened = {
  readonly throttled: readonly Subject<Gpu>[];
  readonly xid: readonly Subject<Gpu>[];
  /** GPUs of one target whose scrapes failed, and whether the newest one did. */
  readonly down: readonly Subject<{ readonly gpus: readonly Gpu[]; readonly stillDown: boolean }>[];
};

/** Everything that was wrong after `fromMs` (Unix ms), the newest first. */
export function eventList(happened: Happened, fromMs: number): FleetEvent[] {
  const events = [
    ...happened.throttled.flatMap(({ of: gpu, spells }) =>
      spells.map((spell, index) =>
        gpuEvent("throttled", gpu, spell, index === spells.length - 1 && isThermal(gpu.values.clockReasons)),
      ),
    ),
    ...happened.xid.flatMap(({ of: gpu, spells }) =>
      spells.map((spell, index) => gpuEvent("xid", gpu, spell, index === spells.length - 1 && gpu.state === "xid")),
    ),
    ...downEvents(happened.down),
  ];
  return events
    .filter((event) => event.toMs >= fromMs)
    .map((event) => ({ ...event, earlier: event.fromMs < fromMs }))
    .sort((a, b) => b.fromMs - a.fromMs);
}

function gpuEvent(kind: "throttled" | "xid", gpu: Gpu, spell: Spell, ongoing: boolean): FleetEvent {
  const words = kind === "xid" ? xidText(spell, ongoing) : throttledText(spell, ongoing);
  return {
    id: `${kind} ${gpu.key} ${spell.fromMs}`,
    kind,
    text: `${fullName(gpu)} ${words}`,
    href: gpuPath(gpu.key),
    fromMs: spell.fromMs,
    toMs: spell.toMs,
    earlier: false,
    ongoing,
  };
}

function xidText(spell: Spell, ongoing: boolean): string {
  return `${ongoing ? "reports" : "reported"} ${xidWords(spell.value)}`;
}

function throttledText(spell: Spell, ongoing: boolean): string {
  const held = reasonsIn(spell.value).filter((reason) => reason.kind === "thermal");
  return `${ongoing ? "is" : "was"} thermally throttled (${held.map((reason) => reason.words).join(", ")})`;
}

/** Targets that go within this time of each other most likely go for one reason. */
const TOGETHER_MS = 60_000;
/** From this many on they are one line. */
const TOGETHER = 3;

type Outage = { readonly gpus: readonly Gpu[]; readonly spell: Spell; readonly ongoing: boolean };

function downEvents(subjects: Happened["down"]): FleetEvent[] {
  const outages = subjects
    .flatMap(({ of: { gpus, stillDown }, spells }) =>
      spells.map((spell, index): Outage => ({ gpus, spell, ongoing: index === spells.length - 1 && stillDown })),
    )
    .filter((outage) => outage.gpus.length > 0)
    .sort((a, b) => a.spell.fromMs - b.spell.fromMs);
  const groups: Outage[][] = [];
  for (const outage of outages) {
    const group = groups.at(-1);
    const first = group?.[0];
    if (group !== undefined && first !== undefined && outage.spell.fromMs - first.spell.fromMs <= TOGETHER_MS) {
      group.push(outage);
    } else groups.push([outage]);
  }
  return groups.flatMap((group) =>
    group.length < TOGETHER ? group.map((one) => downEvent([one])) : [downEvent(group)],
  );
}

function downEvent(group: readonly Outage[]): FleetEvent {
  const gpus = group.flatMap((outage) => outage.gpus);
  const first = gpus[0];
  const nodes = [...new Set(gpus.map((gpu) => gpu.node))];
  const ongoing = group.some((outage) => outage.ongoing);
  const fromMs = Math.min(...group.map((outage) => outage.spell.fromMs));
  const one = nodes.length === 1 ? first?.node : first?.instance;
  const name = group.length === 1 ? (one ?? "a target") : `${group.length} targets`;
  return {
    id: `down ${first?.job} ${first?.instance} ${fromMs}`,
    kind: "down",
    text: `${name} ${ongoing ? "cannot" : "could not"} be scraped: ${count(gpus.length, "GPU")} not seen`,
    href: group.length === 1 && first !== undefined ? nodePath(first.node) : "/targets",
    fromMs,
    toMs: Math.max(...group.map((outage) => outage.spell.toMs)),
    earlier: false,
    ongoing,
  };
}
