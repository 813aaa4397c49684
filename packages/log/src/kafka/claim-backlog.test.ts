import { describe, expect, test } from "vitest";
import { PartitionBacklog } from "./claim-backlog.ts";

const message = (offset: number, sentAt?: number) => ({ offset, ...(sentAt !== undefined && { sentAt }) });

describe("what waits, and for how long", () => {
  test("nothing, while nothing is there", () => {
    expect(new PartitionBacklog().lag(5_000)).toEqual({ messages: 0, seconds: 0 });
  });

  test("since the oldest that is read and not committed was sent", () => {
    const backlog = new PartitionBacklog();
    backlog.committed(10);
    backlog.read([message(10, 1_000), message(11, 2_000)], 12);
    backlog.grew(15, 3_000);
    expect(backlog.lag(5_000)).toEqual({ messages: 5, seconds: 4 });
    backlog.committed(11);
    expect(backlog.lag(5_000)).toEqual({ messages: 4, seconds: 3 });
    backlog.committed(12);
    expect(backlog.lag(5_000)).toEqual({ messages: 3, seconds: 2 });
  });

  test("where none of it was read, since it was first seen to be there", () => {
    const backlog = new PartitionBacklog();
    backlog.committed(3);
    for (const [end, at] of [
      [3, 1_000],
      [7, 2_000],
      [7, 3_000],
      [9, 4_000],
    ] as const) {
      backlog.grew(end, at);
    }
    expect(backlog.lag(5_000)).toEqual({ messages: 6, seconds: 3 });
    backlog.committed(8);
    expect(backlog.lag(5_000)).toEqual({ messages: 1, seconds: 1 });
  });

  test("records that no reader sees are done with when all before them is", () => {
    const backlog = new PartitionBacklog();
    backlog.read([message(0, 1_000)], 2);
    backlog.grew(2, 1_000);
    expect(backlog.lag(2_000)).toEqual({ messages: 2, seconds: 1 });
    backlog.committed(1);
    expect(backlog.lag(2_000)).toEqual({ messages: 0, seconds: 0 });
  });

  test("a broker's clock ahead of ours makes no negative age", () => {
    const backlog = new PartitionBacklog();
    backlog.read([message(0, 9_000)], 1);
    backlog.grew(1, 1_000);
    expect(backlog.lag(2_000)).toEqual({ messages: 1, seconds: 0 });
  });

  test("an age that nobody knows is not told", () => {
    const backlog = new PartitionBacklog();
    backlog.grew(2, undefined);
    backlog.grew(3, 1_000);
    expect(backlog.lag(2_000)).toEqual({ messages: 3, seconds: undefined });
    backlog.read([message(0, 500), message(1)], 2);
    expect(backlog.lag(2_000)).toEqual({ messages: 3, seconds: 1.5 });
    backlog.committed(2);
    expect(backlog.lag(2_000)).toEqual({ messages: 1, seconds: 1 });
  });

  test("a year of growth is remembered in bounds, from its beginning", () => {
    const backlog = new PartitionBacklog();
    for (let i = 1; i <= 100_000; i++) backlog.grew(i, i * 1_000);
    expect(backlog.lag(100_000_000)).toEqual({ messages: 100_000, seconds: expect.closeTo(99_999, 0) });
  });
});
