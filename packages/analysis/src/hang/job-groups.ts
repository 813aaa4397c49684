import type { DumpGroup, FlightRecorderDump } from "@lockstep/formats/flight-recorder/dump";

/** A communicator as the dumps of all its ranks tell it. */
export type JobGroup = {
  /** Of the job, for maps. */
  readonly key: number;
  readonly name: string;
  /** For people: "TENSOR_MODEL_PARALLEL_GROUP (35)". */
  readonly label: string;
  /** Job ranks by rank in the group. */
  readonly members: readonly number[];
};

/** Finds the communicator of an entry by the rank that recorded it and the name it gives. */
export class JobGroups {
  readonly #all: JobGroup[] = [];
  /** Names alone are reused by some frameworks: a group is its name and its ranks. */
  readonly #byName = new Map<string, JobGroup[]>();
  readonly #ofRank = new Map<number, Map<string, JobGroup>>();

  constructor(dumps: readonly FlightRecorderDump[]) {
    const untold: { rank: number; group: DumpGroup }[] = [];
    for (const { rank, groups } of dumps)
      for (const group of groups) {
        if (group.ranks.length === 0) untold.push({ rank, group });
        else this.#place(rank, group.name, this.#told(group));
      }
    this.#placeUntold(untold);
  }

  get all(): readonly JobGroup[] {
    return this.#all;
  }

  of(rank: number, name: string): JobGroup | undefined {
    return this.#ofRank.get(rank)?.get(name);
  }

  #told(group: DumpGroup): JobGroup {
    const known = this.#byName.get(group.name)?.find(({ members }) => sameRanks(members, group.ranks));
    return known ?? this.#add(group, group.ranks);
  }

  #add(group: DumpGroup, members: readonly number[]): JobGroup {
    const made = { key: this.#all.length, name: group.name, label: labelOf(group), members };
    this.#all.push(made);
    const named = this.#byName.get(group.name);
    if (named === undefined) this.#byName.set(group.name, [made]);
    else named.push(made);
    return made;
  }

  #place(rank: number, name: string, group: JobGroup): void {
    const ofRank = this.#ofRank.get(rank) ?? new Map<string, JobGroup>();
    this.#ofRank.set(rank, ofRank.set(name, group));
  }

  /** Where a dump does not tell the ranks of a group, those that name it are its ranks: dumps that miss are not noticed. */
  #placeUntold(untold: readonly { rank: number; group: DumpGroup }[]): void {
    const added = new Map<string, { group: DumpGroup; ranks: number[] }>();
    for (const { rank, group } of untold) {
      const told = this.#byName.get(group.name)?.find(({ members }) => members.includes(rank));
      if (told !== undefined) this.#place(rank, group.name, told);
      else {
        const same = added.get(group.name) ?? { group, ranks: [] };
        same.ranks.push(rank);
        added.set(group.name, same);
      }
    }
    for (const [name, { group, ranks }] of added) {
      const made = this.#add(
        group,
        ranks.toSorted((a, b) => a - b),
      );
      for (const rank of ranks) this.#place(rank, name, made);
    }
  }
}

function sameRanks(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((rank, at) => rank === b[at]));
}

function labelOf({ name, description }: DumpGroup): string {
  if (description === "" || description === "undefined") return name === "" ? "the default group" : `group ${name}`;
  return name === "" ? description : `${description} (${name})`;
}
