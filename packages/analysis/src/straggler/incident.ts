/**
 * From findings of overlapping windows to incidents: opened when the evidence came again soon, closed when it
 * stayed away. One watch per job, fed with the judgement of every window in order.
 */
import type { Finding } from "@lockstep/schemas/domain/finding";
import type { JobWindow } from "./job-window.ts";
import type { Judgement } from "./judgement.ts";

export type IncidentSettings = {
  /**
   * Windows with the finding, among `openWithin` in a row: noise that hides a fault in one window says nothing against it.
   * With hops of 5 of 20 steps and 14 slow steps to a finding, 2 open within 23 steps of the onset.
   */
  readonly openAfter: number;
  readonly openWithin: number;
  /** Consecutive windows without any of it. */
  readonly closeAfter: number;
  /** Consecutive windows in which its subject was not heard, before the incident is closed for want of evidence. */
  readonly giveUpAfter: number;
  /** Hysteresis: an open incident of a rank goes on while its score is at least this, though it is no finding any more. */
  readonly keepScore: number;
};

export const incidentSettings: IncidentSettings = {
  openAfter: 2,
  openWithin: 3,
  closeAfter: 3,
  giveUpAfter: 24,
  keepScore: 1.05,
};

export type Incident = {
  /** The kind and whom it is about: the same for all windows of one incident. */
  readonly subject: string;
  readonly state: "suspected" | "open" | "closed";
  /** Step in which the trouble of the first finding began, and the end of the last window that it was found in. */
  readonly firstStep: number;
  readonly lastStep: number;
  /** The latest, while there is one. */
  readonly finding: Finding;
};

export type IncidentChange = {
  readonly kind: "opened" | "closed";
  readonly reason: string;
  readonly incident: Incident;
};

/** What a window says about an incident. */
type Observation = "found" | "weaker" | "absent" | "unheard";

type Tracked = Incident & { readonly held: number; readonly missed: number; readonly unheard: number };

type Next = {
  readonly tracked: Tracked | undefined;
  readonly change?: { kind: IncidentChange["kind"]; reason: string };
};

type Transition = (tracked: Tracked, settings: IncidentSettings) => Next;

const stay: Transition = (tracked) => ({ tracked });

/** A suspicion outlives as many windows without it as leave it time to be confirmed. */
const doubt: Transition = (tracked, { openAfter, openWithin }) => {
  const missed = tracked.missed + 1;
  return { tracked: missed > openWithin - openAfter ? undefined : { ...tracked, missed } };
};

const transitions: Record<"suspected" | "open", Record<Observation, Transition>> = {
  suspected: {
    found: (tracked, { openAfter }) => {
      const held = tracked.held + 1;
      if (held < openAfter) return { tracked: { ...tracked, held } };
      const opened: Tracked = { ...tracked, held, state: "open", missed: 0, unheard: 0 };
      return {
        tracked: opened,
        change: { kind: "opened", reason: `found in ${held} of ${held + tracked.missed} windows` },
      };
    },
    weaker: doubt,
    absent: doubt,
    unheard: stay,
  },
  open: {
    found: (tracked) => ({ tracked: { ...tracked, missed: 0, unheard: 0 } }),
    weaker: (tracked) => ({ tracked: { ...tracked, missed: 0, unheard: 0 } }),
    absent: (tracked, { closeAfter }) => {
      const missed = tracked.missed + 1;
      if (missed < closeAfter) return { tracked: { ...tracked, missed, unheard: 0 } };
      return closed(tracked, `not found in ${missed} consecutive windows`);
    },
    unheard: (tracked, { giveUpAfter }) => {
      const unheard = tracked.unheard + 1;
      if (unheard < giveUpAfter) return { tracked: { ...tracked, unheard } };
      return closed(tracked, `not heard for ${unheard} windows`);
    },
  },
};

function closed(tracked: Tracked, reason: string): Next {
  return { tracked: { ...tracked, state: "closed" }, change: { kind: "closed", reason } };
}

export class IncidentWatch {
  readonly #settings: IncidentSettings;
  readonly #tracked = new Map<string, Tracked>();

  constructor(settings: Partial<IncidentSettings> = {}) {
    this.#settings = { ...incidentSettings, ...settings };
  }

  get open(): Incident[] {
    return [...this.#tracked.values()].filter(({ state }) => state === "open").map(incidentOf);
  }

  observe(window: JobWindow, judgement: Judgement): IncidentChange[] {
    const changes: IncidentChange[] = [];
    const found = this.#found(judgement.verdict.findings);
    const rankIndex = new Map(window.ranks.map(({ rank }, index) => [rank, index]));
    for (const [subject, finding] of found) {
      if (!this.#tracked.has(subject)) this.#tracked.set(subject, suspected(subject, window, finding));
    }
    for (const [subject, tracked] of this.#tracked) {
      const finding = found.get(subject);
      const seen: Tracked = finding ? { ...tracked, finding, lastStep: lastStep(window) } : tracked;
      const observation = finding ? "found" : this.#absence(tracked, judgement, rankIndex);
      this.#apply(
        subject,
        transitions[tracked.state as "suspected" | "open"][observation](seen, this.#settings),
        changes,
      );
    }
    this.#supersede(changes);
    return changes;
  }

  /** A rank of a node that is itself an open incident speaks for the node: it opens nothing of its own. */
  #found(findings: readonly Finding[]): Map<string, Finding> {
    const found = new Map<string, Finding>();
    for (const finding of findings) {
      const node = `slow_node ${finding.node}`;
      const ofNode = finding.kind === "slow_rank" && this.#tracked.get(node)?.state === "open";
      if (!ofNode) found.set(subjectOf(finding), finding);
    }
    return found;
  }

  #absence(tracked: Tracked, { ranks, verdict }: Judgement, rankIndex: ReadonlyMap<number, number>): Observation {
    if (verdict.not_enough_data !== undefined) return "unheard";
    const { rank, ranks: several, kind, score } = tracked.finding;
    if ((kind !== "slow_rank" && kind !== "slow_node") || score === undefined) return "absent";
    const scores = (rank === undefined ? (several ?? []) : [rank])
      .map((jobRank) => ranks.score[rankIndex.get(jobRank) ?? -1] ?? Number.NaN)
      .filter((score) => !Number.isNaN(score));
    if (scores.length === 0) return "unheard";
    const slow = scores.filter((score) => score >= this.#settings.keepScore).length;
    return slow * 2 > scores.length ? "weaker" : "absent";
  }

  #apply(subject: string, { tracked, change }: Next, changes: IncidentChange[]): void {
    if (tracked && change) changes.push({ ...change, incident: incidentOf(tracked) });
    if (!tracked || tracked.state === "closed") this.#tracked.delete(subject);
    else this.#tracked.set(subject, tracked);
  }

  /** The node explains its ranks: their own incidents end when its begins. */
  #supersede(changes: IncidentChange[]): void {
    const nodes = new Set(
      this.open.filter(({ finding }) => finding.kind === "slow_node").map(({ finding }) => finding.node),
    );
    for (const [subject, tracked] of this.#tracked) {
      if (tracked.finding.kind !== "slow_rank" || !nodes.has(tracked.finding.node)) continue;
      if (tracked.state === "open") this.#apply(subject, closed(tracked, `blamed on ${tracked.finding.node}`), changes);
      else this.#tracked.delete(subject);
    }
  }
}

function suspected(subject: string, window: JobWindow, finding: Finding): Tracked {
  const steps = { firstStep: finding.first_step ?? window.firstStep, lastStep: lastStep(window) };
  return { subject, state: "suspected", ...steps, finding, held: 0, missed: 0, unheard: 0 };
}

function lastStep(window: JobWindow): number {
  return window.firstStep + window.steps - 1;
}

function incidentOf({ subject, state, firstStep, lastStep, finding }: Tracked): Incident {
  return { subject, state, firstStep, lastStep, finding };
}

function subjectOf({ kind, rank, node, stage, communicator }: Finding): string {
  switch (kind) {
    case "slow_rank":
      return `slow_rank ${rank}`;
    case "slow_node":
      return `slow_node ${node}`;
    case "slow_stage":
      return `slow_stage ${stage}`;
    case "slow_link":
      return rank === undefined ? `slow_link ${node}` : `slow_link rank ${rank}`;
    case "imbalance":
    case "global_slowdown":
      return kind;
    default:
      return `${kind} ${communicator} ${rank ?? ""}`;
  }
}
