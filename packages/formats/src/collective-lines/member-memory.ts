const maxLists = 4096;

/** Members by communicator: each line repeats them, but they need be checked and kept only once. */
export class MemberMemory {
  readonly #lists = new Map<string, readonly number[]>();

  /** The list kept of `communicator`, if it is equal to `members`. */
  known(communicator: string, members: readonly unknown[]): readonly number[] | undefined {
    const list = this.#lists.get(communicator);
    if (list === undefined || list.length !== members.length) return undefined;
    for (let place = 0; place < list.length; place++) if (list[place] !== members[place]) return undefined;
    return list;
  }

  keep(communicator: string, members: readonly number[]): void {
    if (this.#lists.size >= maxLists) this.#lists.clear();
    this.#lists.set(communicator, members);
  }
}
