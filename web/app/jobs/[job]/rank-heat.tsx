"use client";
import { type PointerEvent, useEffect, useMemo, useRef, useState } from "react";
import { paletteOf } from "../../../components/heat-map/palette.ts";
import { useTheme } from "../../../components/theme.ts";
import { useRead } from "../../../components/use-read.ts";
import type { JobHeatData } from "../../../data/job-heat.ts";
import { formatUnit } from "../../../format/unit.ts";
import type { FindingView } from "../../../jobs/finding-view.ts";
import { heatRows, slowestIn } from "../../../jobs/heat-rows.ts";
import { drawCell, drawHeat, type HeatPlace } from "./heat-canvas.ts";

const MAX_HEIGHT = 480;
const GUTTER = 76;

/** Self time of every rank over the steps, against its peers in the same step. */
export function RankHeat({ job, findings }: { job: string; findings: readonly FindingView[] }) {
  const { data } = useRead<JobHeatData | null>("job-heat", { job }, null);
  if (data === null) return <div className="skeleton" style={{ height: 240 }} />;
  return <Heat data={data} findings={findings} />;
}

function Heat({ data, findings }: { data: JobHeatData; findings: readonly FindingView[] }) {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const cells = useMemo(() => Uint8Array.from(atob(data.cells), (letter) => letter.charCodeAt(0)), [data.cells]);
  const rows = useMemo(() => heatRows(data.ranks.length, MAX_HEIGHT), [data.ranks.length]);
  const place: HeatPlace = { columns: data.columns, rows, width: Math.max(0, width - GUTTER) };
  const [hovered, setHovered] = useState<{ row: number; column: number } | null>(null);
  const [pinned, setPinned] = useState<{ row: number; column: number } | null>(null);
  const height = rows.count * rows.height;
  const base = useDrawn(place.width, height, (context, palette) => drawHeat(context, place, cells, palette), [
    cells,
    place.width,
    rows,
  ]);
  const shown = hovered ?? pinned;
  const over = useDrawn(
    place.width,
    height,
    (context, palette) => {
      if (shown !== null) drawCell(context, place, shown.row, shown.column, palette);
    },
    [shown, place.width, rows],
  );
  const cellUnder = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    const row = Math.floor((event.clientY - box.top) / rows.height);
    const column = Math.floor(((event.clientX - box.left) * data.columns) / Math.max(1, box.width));
    return row < 0 || row >= rows.count || column < 0 || column >= data.columns ? null : { row, column };
  };
  const lastStep = data.firstStep + data.columns * data.perColumn * data.every - data.every;
  return (
    <figure className="rank-heat" aria-label="Self time of the ranks over the steps">
      <h3>
        Self time of each rank{" "}
        <span className="quiet">
          against its peers in the same step
          {rows.count < data.ranks.length ? "; the slowest of the ranks in each line" : ""}
        </span>
      </h3>
      <div className="heat-frame" ref={frame}>
        <Gutter data={data} rows={rows} findings={findings} />
        <div
          className="heat-cells"
          style={{ width: place.width, height }}
          onPointerMove={(event) => setHovered(cellUnder(event))}
          onPointerLeave={() => setHovered(null)}
          onPointerDown={(event) => setPinned(cellUnder(event))}
        >
          <canvas ref={base} />
          <canvas ref={over} />
        </div>
      </div>
      <div className="heat-axis quiet small" style={{ marginLeft: GUTTER }}>
        <span>step {data.firstStep.toLocaleString("en-US")}</span>
        <span>
          {(data.firstStep + Math.floor(data.columns / 2) * data.perColumn * data.every).toLocaleString("en-US")}
        </span>
        <span>{lastStep.toLocaleString("en-US")}</span>
      </div>
      <p className="small" style={{ minHeight: 16 }}>
        {shown === null ? (
          <span className="quiet">
            Muted cells keep pace; amber from 1.1 times the peers' self time on. Hover for a rank, click to keep it.
          </span>
        ) : (
          <CellWords data={data} cells={cells} rows={rows} row={shown.row} column={shown.column} />
        )}
      </p>
    </figure>
  );
}

type Rows = ReturnType<typeof heatRows>;

/** Where nodes or stages begin, and the ranks that findings name. */
function Gutter({ data, rows, findings }: { data: JobHeatData; rows: Rows; findings: readonly FindingView[] }) {
  const named = new Set(findings.filter(({ closedMs }) => closedMs === null).flatMap(({ rank }) => rank ?? []));
  const labels: { row: number; text: string; named: boolean }[] = [];
  let free = -1;
  const push = (row: number, text: string, isNamed: boolean) => {
    labels.push({ row, text, named: isNamed });
    free = row + Math.ceil(14 / rows.height);
  };
  for (let row = 0; row < rows.count; row++) {
    const [from, to] = [rows.from(row), rows.from(row + 1)];
    const rank = data.ranks.slice(from, to).find((each) => each !== null && named.has(each));
    if (rank !== undefined) {
      // What a finding names takes the place of a label that would hide it.
      while (labels.length > 0 && !labels.at(-1)!.named && labels.at(-1)!.row + Math.ceil(14 / rows.height) > row)
        labels.pop();
      push(row, `rank ${rank}`, true);
    } else if (row >= free) {
      const stage = data.stages[from] ?? null;
      const begins = row === 0 || (stage !== null && stage !== data.stages[rows.from(row - 1)]);
      if (stage !== null && begins) push(row, `stage ${stage}`, false);
      else if (row % Math.max(1, Math.ceil(28 / rows.height)) === 0) push(row, `${data.ranks[from] ?? ""}`, false);
    }
  }
  return (
    <div className="heat-gutter" style={{ width: GUTTER, height: rows.count * rows.height }}>
      {labels.map(({ row, text, named: isNamed }) => (
        <span
          key={row}
          className={isNamed ? "small state warning" : "small quiet"}
          style={{ top: row * rows.height + rows.height / 2 - 8 }}
        >
          {text}
        </span>
      ))}
    </div>
  );
}

function CellWords({
  data,
  cells,
  rows,
  row,
  column,
}: {
  data: JobHeatData;
  cells: Uint8Array;
  rows: Rows;
  row: number;
  column: number;
}) {
  const cell = slowestIn(cells, data.columns, rows, row, column);
  const step = data.firstStep + column * data.perColumn * data.every;
  const last = step + (data.perColumn - 1) * data.every;
  const steps =
    data.perColumn === 1
      ? `step ${step.toLocaleString("en-US")}`
      : `steps ${step.toLocaleString("en-US")} to ${last.toLocaleString("en-US")}`;
  if (cell === undefined) {
    const at = rows.from(row);
    return (
      <span className="quiet">
        rank {data.ranks[at] ?? "?"} ({data.nodes[at]}), {steps}: not heard, or not judged
      </span>
    );
  }
  const median = data.medianUs[column] ?? null;
  return (
    <span>
      <strong>rank {data.ranks[cell.at] ?? "?"}</strong> on {data.nodes[cell.at]}, {steps}: {cell.ratio.toFixed(2)}{" "}
      times its peers' self time
      {median === null ? "" : `, about ${formatUnit((median * cell.ratio) / 1e6, "seconds")} a step`}
    </span>
  );
}

function useDrawn(
  width: number,
  height: number,
  draw: (context: CanvasRenderingContext2D, palette: ReturnType<typeof paletteOf>) => void,
  on: readonly unknown[],
) {
  const ref = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `draw` is new each time; `on` says what it draws
  useEffect(() => {
    const canvas = ref.current;
    const context = canvas?.getContext("2d");
    if (!canvas || !context || theme === null || width === 0) return;
    const ratio = devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    draw(context, paletteOf(theme));
  }, [theme, width, height, ...on]);
  return ref;
}
