/** Union-find over 0..n-1; the smallest member stands for its set, so the answer does not depend on the order of joining. */
export class DisjointSets {
  readonly #parent: Int32Array;

  constructor(size: number) {
    this.#parent = Int32Array.from({ length: size }, (_, i) => i);
  }

  find(member: number): number {
    let root = member;
    while (this.#parent[root] !== root) root = this.#parent[root]!;
    while (this.#parent[member] !== root) {
      const next = this.#parent[member]!;
      this.#parent[member] = root;
      member = next;
    }
    return root;
  }

  join(a: number, b: number): void {
    const rootA = this.find(a);
    const rootB = this.find(b);
    if (rootA < rootB) this.#parent[rootB] = rootA;
    else this.#parent[rootA] = rootB;
  }
}
