import type { Finding } from "@lockstep/schemas/domain/finding";
import { expect, test } from "vitest";
import { type BookStore, FindingBook } from "./finding-book.ts";

const never = new AbortController().signal;
const FINDING: Finding = {
  kind: "slow_rank",
  job: "a",
  rank: 5,
  confidence: "high",
  cause: { code: "unknown", text: "" },
  summary: "rank 5 is slow",
  evidence: [],
  waste_gpu_seconds: 10,
};

function fakeStore(open: readonly Record<string, unknown>[] = []) {
  const rows: Record<string, unknown>[] = [];
  const store = {
    away: false,
    read: async () => open,
    async insertRows(_: string, added: readonly Record<string, unknown>[]) {
      if (store.away) throw new Error("away");
      rows.push(...added);
    },
  };
  return { store, rows, book: FindingBook.ofJobs(store as unknown as BookStore) };
}

test("two watches that see the same trouble give it one row", async () => {
  const written = await Promise.all(
    [0, 1].map(async () => {
      const { book, rows } = fakeStore();
      book.begin(FINDING, "slow_rank 5", 1000.4, 10);
      await book.flush(2000, never);
      return rows;
    }),
  );
  expect(written[0]).toEqual(written[1]);
  expect(written[0]).toMatchObject([{ job: "a", rank: 5, opened: 1000, closed: null, waste_gpu_seconds: 10 }]);
});

test("opening and closing are written at once, what goes on at its leisure", async () => {
  const { book, rows } = fakeStore();
  const { id } = book.begin(FINDING, "slow_rank 5", 1000)!;
  await book.flush(2000, never);
  book.change(id, { wasteGpuSeconds: 20 });
  await book.flush(7000, never);
  expect(rows).toHaveLength(1);
  await book.flush(12_000, never);
  expect(rows).toHaveLength(2);
  book.close(id, 12_500);
  expect(book.open()).toEqual([]);
  await book.flush(13_000, never);
  expect(rows.at(-1)).toMatchObject({ id, closed: 12_500, waste_gpu_seconds: 20 });
  await book.flush(60_000, never);
  expect(rows).toHaveLength(3);
});

test("what could not be written is written by the next flush", async () => {
  const { book, rows, store } = fakeStore();
  const { id } = book.begin(FINDING, "slow_rank 5", 1000)!;
  store.away = true;
  await expect(book.flush(2000, never)).rejects.toThrow("away");
  book.close(id, 3000);
  await expect(book.flush(4000, never)).rejects.toThrow("away");
  store.away = false;
  await book.flush(5000, never);
  expect(rows).toMatchObject([{ id, closed: 3000 }]);
});

test("what was open is taken up; a predecessor's clock that was ahead does not win", async () => {
  const stored = {
    id: "x",
    job: "a",
    opened: 1000,
    wasteGpuSeconds: 7,
    detail: JSON.stringify(FINDING),
    updated: 9000,
  };
  const { book, rows } = fakeStore([stored, { ...stored, id: "y", detail: "not ours" }]);
  await book.takeUp(2000, never);
  expect(book.open("a").map(({ id, wasteGpuSeconds }) => [id, wasteGpuSeconds])).toEqual([["x", 7]]);
  book.close("x", 2500);
  await book.flush(3000, never);
  expect(rows).toMatchObject([{ id: "x", opened: 1000, closed: 2500, updated: 9001 }]);
});
