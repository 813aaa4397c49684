/** ClickHouse as far as ingest sees it, for tests: tokens, parts, refusals, and deaths at any moment. */
import { type Store, StoreError } from "@lockstep/store/client";
import { readBlocks } from "../../packages/formats/test/read-block.ts";

type Row = Record<string, unknown>;

/** Called at each place where a process can die or sleep or an answer can get lost; throws or waits where one does. */
export type Moment = (where: string) => void | Promise<void>;

const DAY_MS = 86_400_000n;
/** A sample with this exponent is refused for what it holds. */
export const POISON_EXPONENT = 99;

export class MemoryStore implements Pick<Store, "insertNative" | "read"> {
  readonly tables = new Map<string, Row[]>();
  readonly inserts: { table: string; token: string; rows: number }[] = [];
  readonly #tokens = new Set<string>();
  moment: Moment;

  constructor(moment: Moment = () => {}) {
    this.moment = moment;
  }

  rows(table: string): Row[] {
    return this.tables.get(table) ?? [];
  }

  async insertNative(table: string, body: Uint8Array | readonly Uint8Array[], { token }: { token: string }) {
    await Promise.resolve();
    await this.moment("before the insert");
    const rows = (body instanceof Uint8Array ? [body] : body).flatMap((block) =>
      readBlocks(block).flatMap((read) => read.rows),
    );
    this.inserts.push({ table, token, rows: rows.length });
    if (rows.some((row) => row["e"] === POISON_EXPONENT)) {
      throw new StoreError("content", `insert into ${table}: poison`, { retriable: false });
    }
    // Each day is a part, with a token of its own.
    const parts = Map.groupBy(rows, (row) => (table === "samples" ? (row["ts"] as bigint) / DAY_MS : 0n));
    for (const [day, part] of parts) {
      await this.moment("before a part");
      const id = `${table} ${token} ${day}`;
      if (this.#tokens.has(id)) continue;
      this.#tokens.add(id);
      await this.moment("after a token, before its part");
      this.tables.set(table, [...this.rows(table), ...part]);
    }
    await this.moment("after the insert");
  }

  async read<T>(query: { name: string; params: object }): Promise<T[]> {
    await Promise.resolve();
    await this.moment("before a read");
    if (query.name !== "samples_there") throw new Error(`no answer to ${query.name}`);
    const { metrics, series, ts } = query.params as { metrics: number[]; series: string[]; ts: number[] };
    const key = (metric: unknown, id: unknown, time: unknown) => `${metric} ${id} ${time}`;
    const wanted = new Set(metrics.map((metric, i) => key(metric, series[i], ts[i])));
    const found = this.rows("samples")
      .map((row) => key(row["metric"], row["series"], row["ts"]))
      .filter((row) => wanted.has(row));
    return [{ found: new Set(found).size }] as T[];
  }
}
