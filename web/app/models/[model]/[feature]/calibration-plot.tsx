"use client";
import { formatUnit } from "../../../../format/unit.ts";
import type { Calibration } from "../../../../models/calibration.ts";

const SIZE = 320;
const LEFT = 40;
const BOTTOM = 28;
const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** Scores against what happened: on the diagonal where a score of 0.7 comes true in 7 of 10. */
export function CalibrationPlot({ calibration }: { calibration: Calibration }) {
  const { points, n, ece, mce } = calibration;
  const x = (share: number) => LEFT + share * SIZE;
  const y = (share: number) => 8 + (1 - share) * SIZE;
  const most = Math.max(...points.map((point) => point.n));
  return (
    <section className="section" aria-label="Calibration">
      <h2>
        {sentence(calibration)}{" "}
        <span className="quiet small">
          ECE {ece.toFixed(3)}, largest error {mce.toFixed(3)}, {formatUnit(n, "count")} rows whose label is known
        </span>
      </h2>
      <div className="calibration">
        <svg
          width={LEFT + SIZE + 12}
          height={SIZE + BOTTOM + 16}
          role="img"
          aria-label={`Share of class 1 against the mean score in ${points.length} cells`}
        >
          {TICKS.map((tick) => (
            <g key={tick}>
              <line className="grid" x1={x(0)} x2={x(1)} y1={y(tick)} y2={y(tick)} />
              <text x={LEFT - 6} y={y(tick) + 4} textAnchor="end">
                {formatUnit(100 * tick, "percent")}
              </text>
              <text x={x(tick)} y={y(0) + 16} textAnchor={tick === 1 ? "end" : "middle"}>
                {tick}
              </text>
            </g>
          ))}
          <text x={x(0.5)} y={y(0) + 34} textAnchor="middle">
            mean score
          </text>
          <line className="diagonal" x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
          {points.map((point) => (
            <g key={point.low}>
              <line
                className="interval"
                x1={x(point.score)}
                x2={x(point.score)}
                y1={y(point.rateLow)}
                y2={y(point.rateHigh)}
              />
              <circle cx={x(point.score)} cy={y(point.rate)} r={2.5 + 4 * Math.sqrt(point.n / most)} className="point">
                <title>{`scores ${point.low.toFixed(2)} to ${point.high.toFixed(2)}: mean ${point.score.toFixed(3)}, class 1 in ${formatUnit(100 * point.rate, "percent")} of ${point.n.toLocaleString("en-US")} rows (95 % ${formatUnit(100 * point.rateLow, "percent")} to ${formatUnit(100 * point.rateHigh, "percent")})`}</title>
              </circle>
            </g>
          ))}
        </svg>
        <div className="table-frame">
          <table className="plain">
            <thead>
              <tr>
                <th>Scores</th>
                <th className="figure">Mean score</th>
                <th className="figure">Class 1</th>
                <th className="figure">95 % interval</th>
                <th className="figure">Rows</th>
              </tr>
            </thead>
            <tbody>
              {points.map((point) => (
                <tr key={point.low}>
                  <td>
                    {point.low.toFixed(2)} – {point.high.toFixed(2)}
                  </td>
                  <td className="figure">{point.score.toFixed(3)}</td>
                  <td className="figure">{point.rate.toFixed(3)}</td>
                  <td className="figure">
                    {point.rateLow.toFixed(3)} – {point.rateHigh.toFixed(3)}
                  </td>
                  <td className="figure">{formatUnit(point.n, "count")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </section>
  );
}

/** Where the interval of a cell leaves its score out, the scores do not fit. */
function sentence({ points }: Calibration): string {
  const off = points.filter(({ score, rateLow, rateHigh }) => score < rateLow || score > rateHigh);
  if (off.length === 0) return "Scores come true as often as they say";
  const high = off.filter(({ score, rateHigh }) => score > rateHigh).length;
  if (high === off.length) return `Scores are too high in ${off.length} of ${points.length} cells`;
  if (high === 0) return `Scores are too low in ${off.length} of ${points.length} cells`;
  return `Scores do not fit in ${off.length} of ${points.length} cells: too high in ${high}, too low in ${off.length - high}`;
}
