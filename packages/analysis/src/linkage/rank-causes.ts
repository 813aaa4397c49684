/**
 * Which of the things that changed stands behind a symptom. Topology before statistics: among what the symptom depends on and
 * what is out of its usual range, that comes first which explains the size of the effect (its dose) and has nothing of the kind
 * beneath itself.
 */

export type Candidate = {
  readonly entity: string;
  /** Distance from its usual range in the direction that is worse, in standard deviations; NaN where it is not known. */
  readonly z: number;
  /** Share of the symptom's size that its own change accounts for; undefined where that cannot be told. */
  readonly dose: number | undefined;
  /** When it left its usual range, in the unit of the symptom's. */
  readonly onset: number | undefined;
};

export type RankedCause = Candidate & {
  /** 0 to 1, in the order of the ranking. */
  readonly score: number;
  /** `explains`: out of range, large enough, nothing beneath it is. `above`: the same, and something beneath it is too. */
  readonly standing: "explains" | "above" | "changed" | "unchanged" | "apart";
};

export type CauseQuestion = {
  readonly symptom: string;
  /** When the symptom was seen to begin; what began later by more than `resolution` did not cause it. */
  readonly onset: number;
  readonly resolution: number;
  readonly candidates: readonly Candidate[];
  /** What an entity depends on directly. */
  readonly dependencies: (entity: string) => readonly string[];
};

export type CauseAnswer = {
  readonly ranking: readonly RankedCause[];
  /** high: one explains most of the effect and began in time. */
  readonly confidence: "high" | "medium" | "low";
};

const leastZ = 3;
/** A cause explains at least half of its effect; by more than the whole of it none is better than another. */
const leastDose = 0.5;
const mostDose = 1.2;
const mostZ = 50;
const lateFactor = 0.3;

/** Below these two the size counts more than being out of range: what makes up the whole effect may vary widely by itself. */
const levels: Readonly<Record<RankedCause["standing"], number>> = {
  explains: 0.75,
  above: 0.5,
  changed: 0.25,
  unchanged: 0.25,
  apart: 0,
};

export function rankCauses(question: CauseQuestion): CauseAnswer {
  const { symptom, candidates, dependencies, onset, resolution } = question;
  const beneath = reachable(symptom, dependencies);
  const changed = candidates.filter(({ entity, z }) => z > leastZ && beneath.has(entity));
  const large = new Set(changed.filter(({ dose }) => dose !== undefined && dose >= leastDose).map(nameOf));
  // Where the size of no change can be told, all count alike.
  const able = large.size > 0 ? large : new Set(changed.filter(({ dose }) => dose === undefined).map(nameOf));
  const moved = new Set(changed.map(nameOf));
  const standingOf = ({ entity }: Candidate): RankedCause["standing"] => {
    if (!beneath.has(entity)) return "apart";
    if (!moved.has(entity)) return "unchanged";
    if (!able.has(entity)) return "changed";
    const below = reachable(entity, dependencies);
    below.delete(entity);
    return [...able].some((other) => below.has(other) && !reachable(other, dependencies).has(entity))
      ? "above"
      : "explains";
  };
  const ranking = candidates
    .map((candidate) => {
      const standing = standingOf(candidate);
      const late = candidate.onset !== undefined && candidate.onset > onset + resolution;
      return { ...candidate, standing, score: levels[standing] + within(candidate) * 0.25 * (late ? lateFactor : 1) };
    })
    .sort((a, b) => b.score - a.score || (a.entity < b.entity ? -1 : 1));
  return { ranking, confidence: confidenceOf(ranking) };
}

/** 0 to 1: by the dose, and among equal doses by how far it is out of range. */
function within({ dose, z }: Candidate): number {
  const size = Math.min(mostDose, Math.max(0, dose ?? 0)) / mostDose;
  const distance = Number.isNaN(z) ? 0 : Math.min(mostZ, Math.max(0, z)) / mostZ;
  return 0.8 * size + 0.2 * distance;
}

function confidenceOf([first, second]: readonly RankedCause[]): CauseAnswer["confidence"] {
  if (first === undefined || first.standing !== "explains") return "low";
  if (first.dose === undefined || second?.standing === "explains") return "medium";
  return "high";
}

/** With what is asked for itself. */
function reachable(from: string, dependencies: (entity: string) => readonly string[]): Set<string> {
  const seen = new Set([from]);
  for (const entity of seen) for (const next of dependencies(entity)) seen.add(next);
  return seen;
}

function nameOf({ entity }: Candidate): string {
  return entity;
}
