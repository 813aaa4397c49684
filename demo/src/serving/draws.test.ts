import { describe, expect, test } from "vitest";
import { Draws, drawArrivals, drawCells, IN_SESSIONS, requestsOf, SESSION_LENGTH } from "./draws.ts";

const many = (count: number, draw: (draws: Draws) => number) =>
  Array.from({ length: count }, (_, i) => draw(new Draws(7, 3, i)));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
function variance(values: readonly number[]): number {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** 2));
}

describe("Draws", () => {
  test("the same moment gives the same numbers, another moment others", () => {
    const draw = (index: number) => new Draws(7, 3, index).uniform();
    expect(draw(1_795_000_000)).toBe(draw(1_795_000_000));
    expect(draw(1_795_000_001)).not.toBe(draw(1_795_000_000));
  });

  test.each([
    [12, 0.3],
    [40, 0.02],
    [5000, 0.001],
    [5000, 0.4],
    [900, 0.97],
  ])("binomial(%i, %f): its mean and variance", (n, p) => {
    const drawn = many(4000, (draws) => draws.binomial(n, p));
    expect(Math.abs(mean(drawn) - n * p)).toBeLessThan(5 * Math.sqrt((n * p * (1 - p)) / 4000));
    expect(variance(drawn) / (n * p * (1 - p))).toBeCloseTo(1, 0);
    expect(drawn.every((count) => Number.isInteger(count) && count >= 0 && count <= n)).toBe(true);
  });

  test.each([0, 0.3, 8, 300])("poisson(%f): its mean and variance", (wanted) => {
    const drawn = many(4000, (draws) => draws.poisson(wanted));
    expect(Math.abs(mean(drawn) - wanted)).toBeLessThan(5 * Math.sqrt(Math.max(wanted, 0.01) / 4000));
    if (wanted > 0) expect(variance(drawn) / wanted).toBeCloseTo(1, 0);
  });

  test("no request is lost between cells, and sessions scatter them more than chance does", () => {
    const shares = [0.5, 0.3, 0.2];
    const phi = many(3000, (draws) => {
      const arrivals = drawArrivals(draws, 600);
      const cells = new Float64Array(3);
      drawCells(draws, arrivals, shares, cells);
      const requests = requestsOf(arrivals);
      expect(cells.reduce((sum, count) => sum + count, 0)).toBe(requests);
      return (
        cells.reduce((sum, count, i) => sum + (count - requests * shares[i]!) ** 2 / (requests * shares[i]!), 0) / 2
      );
    });
    expect(mean(phi)).toBeCloseTo(1 + IN_SESSIONS * (SESSION_LENGTH - 1), 0);
  });
});
