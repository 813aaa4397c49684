"use client";
import { formatUnit } from "../../../../format/unit.ts";
import type { CategoriesView } from "../../../../models/histogram-view.ts";

type CategoryChartProps = {
  readonly view: CategoriesView;
  readonly as: "shares" | "counts";
  readonly hasBaseline: boolean;
};

const WIDTH = 100;

/** A row for each category, those that changed most first: this window as a bar, the baseline as a mark. */
export function CategoryChart({ view, as, hasBaseline }: CategoryChartProps) {
  const total = (of: "baseline" | "current") => view.rows.reduce((sum, row) => sum + row[of], 0) || 1;
  const [n, m] = [total("baseline"), total("current")];
  const rows = view.rows.map(({ name, baseline, current }) => ({
    name,
    now: as === "shares" ? (100 * current) / m : current,
    // As large as this window, or the larger would hide the other.
    before: as === "shares" ? (100 * baseline) / n : (baseline * m) / n,
    change: (current / m - baseline / n) * (as === "shares" ? 100 : m),
    isNew: hasBaseline && baseline === 0 && current > 0,
    isLost: hasBaseline && baseline > 0 && current === 0,
  }));
  const most = Math.max(...rows.map(({ now, before }) => Math.max(now, hasBaseline ? before : 0)), 1e-12);
  const reach = Math.max(...rows.map(({ change }) => Math.abs(change)), 1e-12);
  const unit = as === "shares" ? "percent" : "count";
  return (
    <div className="table-frame">
      <table className="categories">
        <thead>
          <tr>
            <th>Category</th>
            <th className="bar-cell">{as === "shares" ? "Share" : "Rows"}: bar this window, line the baseline</th>
            <th className="figure">This window</th>
            <th className="figure">Baseline</th>
            <th className="bar-cell">Change</th>
            <th className="figure" />
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, now, before, change, isNew, isLost }) => (
            <tr key={name}>
              <td title={name}>
                <span className="category-name">{name === "" ? "(empty)" : name}</span>
                {isNew ? <span className="quiet small"> new</span> : null}
                {isLost ? <span className="quiet small"> gone</span> : null}
              </td>
              <td className="bar-cell">
                <svg width="100%" height="14" viewBox={`0 0 ${WIDTH} 14`} preserveAspectRatio="none" aria-hidden="true">
                  <rect className="current-bar" x="0" y="2" height="10" width={(now / most) * WIDTH} />
                  {hasBaseline ? (
                    <line
                      className="baseline-line"
                      x1={(before / most) * WIDTH}
                      x2={(before / most) * WIDTH}
                      y1="0"
                      y2="14"
                    />
                  ) : null}
                </svg>
              </td>
              <td className="figure">{formatUnit(now, unit)}</td>
              <td className="figure">{hasBaseline ? formatUnit(before, unit) : "–"}</td>
              <td className="bar-cell">
                {hasBaseline ? (
                  <svg
                    width="100%"
                    height="14"
                    viewBox={`-50 0 ${WIDTH} 14`}
                    preserveAspectRatio="none"
                    aria-hidden="true"
                  >
                    <rect
                      className={change > 0 ? "more-than" : "less-than"}
                      x={change > 0 ? 0 : (change / reach) * 50}
                      y="2"
                      height="10"
                      width={(Math.abs(change) / reach) * 50}
                    />
                    <line className="axis" x1="0" x2="0" y1="0" y2="14" />
                  </svg>
                ) : null}
              </td>
              <td className="figure">{hasBaseline ? changeText(change, as) : ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function changeText(change: number, as: "shares" | "counts"): string {
  const text = formatUnit(Math.abs(change), "count", 2);
  return `${change < 0 ? "−" : "+"}${text}${as === "shares" ? " pp" : ""}`;
}
