"use client";
import { type PointerEvent, useId, useRef, useState } from "react";
import { type Domain, histogram } from "../fleet/scale.ts";
import type { Selection } from "../fleet/select.ts";
import { formatUnit, type Unit } from "../format/unit.ts";
import { paletteOf } from "./heat-map/palette.ts";
import { useTheme } from "./theme.ts";

type DistributionProps = {
  readonly title: string;
  readonly values: readonly (number | null)[];
  readonly domain: Domain;
  readonly unit: Unit;
  readonly selection: Selection | null;
  readonly selected: number;
  readonly onSelect: (selection: Selection | null) => void;
};

const BINS = 100;
const HEIGHT = 44;
const RAMP = 6;
/** A shorter drag is a click, which clears the selection. */
const SHORTEST_DRAG = 0.006;

/** How the metric is spread over the fleet, and the colour scale; dragging over it selects GPUs. */
export function Distribution(props: DistributionProps) {
  const { values, domain, unit, selection, onSelect } = props;
  const svg = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<{ start: number; end: number } | null>(null);
  const [low, high] = domain;
  const toValue = (share: number) => low + share * (high - low);
  const toShare = (value: number) => Math.min(1, Math.max(0, (value - low) / (high - low)));
  const shareAt = (event: PointerEvent) => {
    const box = svg.current?.getBoundingClientRect();
    return box === undefined ? 0 : Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  const shares =
    drag !== null
      ? ([Math.min(drag.start, drag.end), Math.max(drag.start, drag.end)] as const)
      : selection === null
        ? null
        : ([toShare(selection.low), toShare(selection.high)] as const);
  const finish = () => {
    if (drag === null) return;
    const from = Math.min(drag.start, drag.end);
    const to = Math.max(drag.start, drag.end);
    onSelect(to - from < SHORTEST_DRAG ? null : { low: rounded(toValue(from)), high: rounded(toValue(to)) });
    setDrag(null);
  };
  return (
    <div className="distribution">
      <svg
        ref={svg}
        height={HEIGHT + RAMP + 2}
        viewBox={`0 0 ${BINS} ${HEIGHT + RAMP + 2}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${props.title} over the fleet, from ${formatUnit(low, unit)} to ${formatUnit(high, unit)}`}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          const start = shareAt(event);
          setDrag({ start, end: start });
        }}
        onPointerMove={(event) => drag !== null && setDrag({ ...drag, end: shareAt(event) })}
        onPointerUp={finish}
        onPointerCancel={() => setDrag(null)}
      >
        <Bars values={values} domain={domain} shares={shares} />
      </svg>
      <Ends {...props} />
    </div>
  );
}

function Bars({
  values,
  domain,
  shares,
}: {
  values: DistributionProps["values"];
  domain: Domain;
  shares: readonly [number, number] | null;
}) {
  const theme = useTheme() ?? "light";
  const gradient = useId();
  const palette = paletteOf(theme);
  const counts = histogram(values, domain, BINS);
  const most = Math.max(1, ...counts);
  return (
    <>
      <defs>
        <linearGradient id={gradient}>
          {Array.from({ length: 17 }, (_, stop) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the stops are the positions
            <stop key={stop} offset={stop / 16} stopColor={palette.at(stop / 16)} />
          ))}
        </linearGradient>
      </defs>
      <rect width={BINS} height={HEIGHT} fill="var(--sunken)" />
      {counts.map((count, bin) => {
        const inside = shares === null || ((bin + 1) / BINS > shares[0] && bin / BINS < shares[1]);
        // A root, so that a single outlier can still be seen beside a hundred.
        const height = count === 0 ? 0 : Math.max(4, Math.sqrt(count / most) * (HEIGHT - 2));
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bin is its position
            key={bin}
            x={bin + 0.06}
            y={HEIGHT - height}
            width={0.88}
            height={height}
            fill={inside ? "var(--text-quiet)" : "var(--line-strong)"}
          />
        );
      })}
      <rect y={HEIGHT + 1} width={BINS} height={RAMP} fill={`url(#${gradient})`} />
      {shares === null ? null : (
        <rect
          x={shares[0] * BINS}
          width={Math.max(0.1, (shares[1] - shares[0]) * BINS)}
          height={HEIGHT + RAMP + 2}
          fill="var(--accent)"
          fillOpacity="0.16"
          stroke="var(--accent)"
          vectorEffect="non-scaling-stroke"
        />
      )}
    </>
  );
}

function Ends({ domain, unit, selection, selected, onSelect }: DistributionProps) {
  const [low, high] = domain;
  const set = (end: "low" | "high", text: string) => {
    const value = Number(text);
    if (text === "" || !Number.isFinite(value)) return;
    onSelect({ low: selection?.low ?? low, high: selection?.high ?? high, [end]: value });
  };
  return (
    <div className="ends">
      <span>{formatUnit(low, unit)}</span>
      {selection === null ? (
        <button type="button" className="button small" style={{ height: 24 }} onClick={() => onSelect({ low, high })}>
          Select a range, or drag over the strip
        </button>
      ) : (
        <span style={{ display: "flex", alignItems: "center", gap: 8 }}>
          {selected} selected, from
          <input
            className="field"
            aria-label="Lowest value selected"
            type="number"
            value={selection.low}
            onChange={(event) => set("low", event.target.value)}
          />
          to
          <input
            className="field"
            aria-label="Highest value selected"
            type="number"
            value={selection.high}
            onChange={(event) => set("high", event.target.value)}
          />
          <button type="button" className="button small" style={{ height: 24 }} onClick={() => onSelect(null)}>
            Clear
          </button>
        </span>
      )}
      <span>{formatUnit(high, unit)}</span>
    </div>
  );
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
