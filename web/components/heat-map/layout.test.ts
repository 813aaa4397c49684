import fc from "fast-check";
import { expect, test } from "vitest";
import { blockOf, cellAt, cellPlace, layoutHeat, neighbour } from "./layout.ts";

const nodes = (count: number) => Array.from({ length: count }, (_, index) => ({ label: `node-${index}`, count: 8 }));

test("sixteen nodes of eight fill the width in large cells", () => {
  const layout = layoutHeat(nodes(16), 1232, 520);
  expect(layout.cellHeight).toBe(34);
  const right = Math.max(...layout.blocks.map((block) => block.x + block.width));
  expect(right).toBeGreaterThan(1200);
  expect(right).toBeLessThanOrEqual(1232);
});

test("ten thousand cells are small, and all there", () => {
  const layout = layoutHeat(nodes(1250), 1232, 520);
  expect(layout.cellHeight).toBe(6);
  expect(layout.blocks.at(-1)?.start).toBe(9992);
});

test("the cell under its own place is itself, and every cell has one", () => {
  const groups = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(groups, fc.integer({ min: 80, max: 2000 }), fc.nat(), (counts, width, pick) => {
      const layout = layoutHeat(
        counts.map((count) => ({ label: "", count })),
        width,
        520,
      );
      const total = counts.reduce((sum, count) => sum + count, 0);
      const index = pick % total;
      const block = blockOf(layout, index);
      expect(block).not.toBeNull();
      if (block === null) return;
      const place = cellPlace(layout, block, index);
      expect(cellAt(layout, place.x + 1, place.y + 1)).toBe(index);
    }),
  );
});

test("arrow keys move across blocks and stop at the ends", () => {
  const layout = layoutHeat(nodes(16), 1232, 520);
  expect(neighbour(layout, 7, "right")).toBe(8);
  expect(neighbour(layout, 0, "left")).toBe(0);
  const below = neighbour(layout, 0, "down");
  expect(below).toBeGreaterThan(8);
  expect(neighbour(layout, below, "up")).toBe(0);
  expect(neighbour(layout, 127, "down")).toBe(127);
});
