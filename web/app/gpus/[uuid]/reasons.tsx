"use client";
import { useTimeZone } from "../../../components/time-zone.tsx";
import type { GpuData } from "../../../data/gpu.ts";
import { formatClock, formatDuration } from "../../../format/time.ts";
import { HeldShares } from "./held-shares.tsx";

/** What held the clocks back and when: a lane for each reason seen in the range. */
export function Reasons({ data }: { data: GpuData }) {
  const zone = useTimeZone();
  if (data.reasons === null) {
    return (
      <figure className="chart">
        <h3>
          Clock reasons <span className="quiet">are not reported by this GPU's exporter</span>
        </h3>
        <HeldShares held={data.held} />
      </figure>
    );
  }
  const thermal = data.reasons.filter((reason) => reason.thermal);
  const points = new Set(thermal.flatMap((reason) => reason.spans.flatMap((span) => range(span.from, span.to))));
  const words =
    data.reasons.length === 0
      ? "nothing held the clocks back in this range"
      : thermal.length === 0
        ? "no thermal slowdown in this range"
        : `heat slowed it down for ${formatDuration(points.size * data.stepMs)}`;
  return (
    <figure className="chart">
      <h3>
        Clock reasons <span className="quiet">{words}</span>
      </h3>
      <div className="lanes">
        {data.reasons.map((reason) => (
          <div className="lane" key={reason.words}>
            <span>{reason.words}</span>
            <svg
              viewBox={`0 0 ${Math.max(1, data.times.length)} 12`}
              preserveAspectRatio="none"
              role="img"
              aria-label={`${reason.words}: ${reason.spans.length} times`}
            >
              {reason.spans.map((span) => (
                <rect
                  key={span.from}
                  x={span.from}
                  y={0}
                  width={span.to - span.from + 1}
                  height={12}
                  fill={reason.thermal ? "var(--warning-mark)" : reason.idle ? "var(--line-strong)" : "var(--series-2)"}
                />
              ))}
            </svg>
          </div>
        ))}
        {data.reasons.length === 0 ? null : (
          <div className="lane quiet">
            <span />
            <span className="ends">
              <span>{formatClock(data.times[0] ?? data.atMs, data.atMs, zone)}</span>
              <span>{formatClock(data.times.at(-1) ?? data.atMs, data.atMs, zone)}</span>
            </span>
          </div>
        )}
      </div>
      <HeldShares held={data.held} />
    </figure>
  );
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
