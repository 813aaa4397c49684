"use client";
import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { type Theme, useTheme } from "../theme.ts";
import type { Cell } from "./cell.ts";
import { drawCells, drawCursor } from "./draw.ts";
import { blockOf, cellAt, cellPlace, type Group, layoutHeat, neighbour } from "./layout.ts";
import { paletteOf } from "./palette.ts";

type HeatMapProps = {
  readonly groups: readonly Group[];
  /** In the order of the groups. */
  readonly cells: readonly Cell[];
  readonly label: string;
  readonly describe: (index: number) => string;
  readonly onOpen: (index: number) => void;
  readonly renderCard: (index: number) => ReactNode;
};

/** Room the map may take before its cells get smaller. */
const MAX_HEIGHT = 560;
const CARD_WIDTH = 284;
/** Marks and the cursor reach this far beyond the outermost cells. */
const BLEED = 2;
const KEYS = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" } as const;

/** Cells on a canvas, so that ten thousand stay smooth; a table beside it says the same to those who cannot see it. */
export function HeatMap({ groups, cells, label, describe, onOpen, renderCard }: HeatMapProps) {
  const frame = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  const width = useWidth(frame);
  const layout = useMemo(() => layoutHeat(groups, width, MAX_HEIGHT), [groups, width]);
  const [hovered, setHovered] = useState<number | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const shown = hovered ?? cursor;
  const index = shown !== null && shown < cells.length ? shown : null;
  const base = useCanvas(layout.width, layout.height, theme, (context, palette) =>
    drawCells(context, layout, cells, palette),
  );
  const overlay = useCanvas(layout.width, layout.height, theme, (context, palette) =>
    drawCursor(context, layout, index, palette),
  );
  const onKeyDown = (event: KeyboardEvent) => {
    if (cells.length === 0) return;
    const direction = KEYS[event.key as keyof typeof KEYS];
    if (direction !== undefined) {
      event.preventDefault();
      setHovered(null);
      setCursor(cursor === null ? 0 : neighbour(layout, cursor, direction));
    } else if (event.key === "Enter" && cursor !== null) onOpen(cursor);
    else if (event.key === "Escape") setCursor(null);
  };
  const pointed = (event: { nativeEvent: MouseEvent }) =>
    cellAt(layout, event.nativeEvent.offsetX - BLEED, event.nativeEvent.offsetY - BLEED);
  return (
    <div className="heat" ref={frame} style={{ minHeight: layout.height }}>
      {width === 0 ? <div className="skeleton" style={{ height: 240 }} /> : null}
      <canvas ref={base} />
      <div
        className="overlay"
        role="application"
        aria-label={`${label}. Arrow keys move from GPU to GPU, Enter opens one.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: as above
        tabIndex={0}
        onKeyDown={onKeyDown}
        onBlur={() => setCursor(null)}
        onMouseMove={(event) => setHovered(pointed(event))}
        onMouseLeave={() => setHovered(null)}
        onClick={(event) => {
          const clicked = pointed(event);
          if (clicked !== null) onOpen(clicked);
        }}
      >
        <canvas ref={overlay} />
      </div>
      <span className="visually-hidden" aria-live="polite">
        {cursor !== null && cursor < cells.length ? describe(cursor) : ""}
      </span>
      {index === null ? null : <Card layout={layout} index={index} content={renderCard(index)} />}
    </div>
  );
}

function Card({
  layout,
  index,
  content,
}: {
  layout: ReturnType<typeof layoutHeat>;
  index: number;
  content: ReactNode;
}) {
  const block = blockOf(layout, index);
  if (block === null) return null;
  const place = cellPlace(layout, block, index);
  const right = place.x + layout.cellWidth + 12;
  const left = right + CARD_WIDTH <= layout.width ? right : Math.max(0, place.x - CARD_WIDTH - 12);
  return (
    <div className="hover-card" style={{ left, top: Math.max(0, place.y - 24) }}>
      {content}
    </div>
  );
}

function useWidth(frame: React.RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(element);
    return () => observer.disconnect();
  }, [frame]);
  return width;
}

function useCanvas(
  width: number,
  height: number,
  theme: Theme | null,
  draw: (context: CanvasRenderingContext2D, palette: ReturnType<typeof paletteOf>) => void,
) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = ref.current;
    const context = canvas?.getContext("2d");
    if (!canvas || !context || theme === null) return;
    const ratio = devicePixelRatio || 1;
    const bleed = BLEED;
    const pixels = [Math.round((width + 2 * bleed) * ratio), Math.round((height + 2 * bleed) * ratio)] as const;
    if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) [canvas.width, canvas.height] = pixels;
    canvas.style.width = `${width + 2 * bleed}px`;
    canvas.style.height = `${height + 2 * bleed}px`;
    canvas.style.margin = `-${bleed}px`;
    context.setTransform(ratio, 0, 0, ratio, bleed * ratio, bleed * ratio);
    context.clearRect(-bleed, -bleed, width + 2 * bleed, height + 2 * bleed);
    draw(context, paletteOf(theme));
  });
  return ref;
}
