/** Attribution and Xids through failures and restarts; test/detect.test.ts has them on the real store. */
import type { Query } from "@lockstep/schemas/queries/query";
import { expect, test } from "vitest";
import type { DetectStore } from "../detection.ts";
import { AttributionKeeper } from "./attribution-task.ts";
import { XidKeeper } from "./xid-task.ts";

const AT = 1_800_000_000_000;
const never = new AbortController().signal;
const UUID = "GPU-00000000-0000-0000-0000-000000000001";
const LABELS = { __name__: "DCGM_FI_DEV_SM_CLOCK", UUID, gpu: "1", Hostname: "node-1", exported_pod: "p" };

type Row = Record<string, unknown>;

function fakeStore(answer: (name: string, params: Query<unknown>["params"]) => readonly unknown[]) {
  const rows: Row[] = [];
  const state = {
    away: false,
    rows,
    store: {
      read: async ({ name, params }: Query<unknown>) => answer(name, params),
      async insertRows(_: string, added: readonly Row[]) {
        if (state.away && added.length > 0) throw new Error("away");
        rows.push(...added.map((row) => ({ ...row })));
      },
    } as unknown as DetectStore,
  };
  return state;
}

/** A sample each 15 s up to `until`. */
function seen({ from, to }: Query<unknown>["params"], until: number): readonly unknown[] {
  const times = Array.from({ length: 400 }, (_, i) => AT + i * 15_000);
  const inside = times.filter((at) => at > Number(from) && at <= Number(to) && at <= until);
  return inside.length === 0 ? [] : [{ labels: LABELS, firstAt: inside[0], lastAt: inside.at(-1) }];
}

test("an interval grows from where it began, through a restart and a store that is away", async () => {
  const state = fakeStore((name, params) => {
    if (name === "gpuAttributionSeen") return seen(params, Number.POSITIVE_INFINITY);
    const last = state.rows.at(-1);
    if (last === undefined) return [];
    const { gpu_instance: gpuInstance, price_class: priceClass, ...row } = last;
    return [{ ...row, gpuInstance, priceClass }];
  });
  let keeper = new AttributionKeeper(state.store);
  await keeper.look(undefined, AT + 70_000, never);
  await keeper.look(undefined, AT + 100_000, never);
  expect(state.rows).toMatchObject([{ gpu: UUID, pod: "p", since: AT, until: AT + 60_000 }]);
  keeper = new AttributionKeeper(state.store);
  state.away = true;
  await expect(keeper.look(undefined, AT + 200_000, never)).rejects.toThrow("away");
  state.away = false;
  await keeper.look(undefined, AT + 230_000, never);
  expect(state.rows.at(-1)).toMatchObject({ since: AT, until: AT + 225_000 });
});

test("an interval that ended is written to its end, and the next begins anew", async () => {
  const state = fakeStore((name, params) => (name === "gpuAttributionSeen" ? seen(params, AT + 75_000) : []));
  const keeper = new AttributionKeeper(state.store);
  for (const s of [70, 100, 300, 500]) await keeper.look(undefined, AT + s * 1000, never);
  expect(state.rows.map(({ since, until }) => [Number(since) - AT, Number(until) - AT])).toEqual([
    [0, 60_000],
    [0, 75_000],
  ]);
});

test("an Xid is one event however often it is read, and is kept while the store is away", async () => {
  const labels = { ...LABELS, __name__: "DCGM_FI_DEV_XID_ERRORS" };
  const change = (at: number, value: number) => ({ series: "1", labels, firstSeen: AT - 9e6, at, value });
  const changes = [change(AT, 31), change(AT + 60_000, 79)];
  const state = fakeStore((_, { from, to }) => changes.filter(({ at }) => at > Number(from) && at <= Number(to)));
  let keeper = new XidKeeper(state.store);
  await keeper.look(AT + 30_000, never);
  // What a gauge held when it was first looked at happened some time before.
  expect(state.rows).toEqual([]);
  state.away = true;
  await expect(keeper.look(AT + 61_000, never)).rejects.toThrow("away");
  state.away = false;
  await keeper.look(AT + 90_000, never);
  await keeper.look(AT + 120_000, never);
  keeper = new XidKeeper(state.store);
  await keeper.look(AT + 150_000, never);
  const keys = state.rows.map(({ kind, node, gpu, at, source, title }) => ({ kind, node, gpu, at, source, title }));
  expect(keys).toHaveLength(2);
  expect(keys[0]).toEqual(keys[1]);
  expect(keys[0]).toMatchObject({ kind: "xid", node: "node-1", gpu: UUID, at: AT + 60_000, source: "dcgm" });
});

test("a gauge that held a code from its first sample on is told, and that nobody saw it come", async () => {
  const labels = { ...LABELS, __name__: "DCGM_FI_DEV_XID_ERRORS" };
  const state = fakeStore(() => [{ series: "1", labels, firstSeen: AT, at: AT, value: 79 }]);
  await new XidKeeper(state.store).look(AT + 30_000, never);
  expect(state.rows).toMatchObject([{ code: 79, detail: expect.stringContaining("it happened before") }]);
});
