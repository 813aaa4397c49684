import type { Cell } from "./cell.ts";
import { type Block, blockOf, cellPlace, type HeatLayout } from "./layout.ts";
import type { Palette } from "./palette.ts";

const FIGURE_WIDTH = 30;
const FIGURE_HEIGHT = 20;

/** Draws all cells. One pass over the cells, and one over the few that carry a mark. */
export function drawCells(
  context: CanvasRenderingContext2D,
  layout: HeatLayout,
  cells: readonly Cell[],
  palette: Palette,
): void {
  context.clearRect(0, 0, layout.width, layout.height);
  const hatch = hatchPattern(context, palette);
  const figures = layout.cellWidth >= FIGURE_WIDTH && layout.cellHeight >= FIGURE_HEIGHT;
  for (const block of layout.blocks) {
    drawLabel(context, layout, block, palette);
    for (let index = block.start; index < block.start + block.count; index += 1) {
      const cell = cells[index];
      if (cell !== undefined) drawCell(context, layout, block, index, cell, palette, hatch, figures);
    }
  }
  context.globalAlpha = 1;
  for (const block of layout.blocks) {
    for (let index = block.start; index < block.start + block.count; index += 1) {
      const cell = cells[index];
      if (cell !== undefined && cell.state !== "ok" && cell.state !== "waiting")
        drawMark(context, layout, block, index, cell, palette);
    }
  }
}

function drawLabel(context: CanvasRenderingContext2D, layout: HeatLayout, block: Block, palette: Palette): void {
  if (layout.labelHeight === 0) return;
  context.globalAlpha = 1;
  context.fillStyle = palette.quiet;
  context.font = `${layout.cellHeight >= 16 ? 12 : 10}px system-ui, sans-serif`;
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.fillText(fitted(context, block.label, block.width), block.x, block.y - 6);
}

function fitted(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  // The end of a name tells nodes apart, its start seldom does.
  for (let cut = 1; cut < text.length; cut += 1) {
    const tail = `…${text.slice(cut)}`;
    if (context.measureText(tail).width <= width) return tail;
  }
  return "";
}

function drawCell(
  context: CanvasRenderingContext2D,
  layout: HeatLayout,
  block: Block,
  index: number,
  cell: Cell,
  palette: Palette,
  hatch: CanvasPattern | null,
  figures: boolean,
): void {
  const { x, y } = cellPlace(layout, block, index);
  const { cellWidth: width, cellHeight: height } = layout;
  context.globalAlpha = cell.dimmed ? 0.14 : 1;
  const state = stateColours(cell.state, palette);
  if (state !== null) {
    context.fillStyle = state.fill;
    context.fillRect(x, y, width, height);
  } else if (cell.share === null) {
    context.fillStyle = palette.hatchGround;
    context.fillRect(x, y, width, height);
    context.fillStyle = hatch ?? palette.hatch;
    context.fillRect(x, y, width, height);
  } else {
    context.fillStyle = palette.at(cell.share);
    context.fillRect(x, y, width, height);
  }
  if (height >= 8) {
    context.strokeStyle = palette.edge;
    context.lineWidth = 1;
    context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
  }
  if (figures && cell.share !== null) {
    context.fillStyle = state?.ink ?? palette.inkAt(cell.share);
    context.font = state === null ? "12px system-ui, sans-serif" : "bold 12px system-ui, sans-serif";
    if (context.measureText(cell.figure).width > width - 4) return;
    context.textAlign = state === null ? "center" : "left";
    context.textBaseline = state === null ? "middle" : "alphabetic";
    if (state === null) context.fillText(cell.figure, x + width / 2, y + height / 2 + 1);
    else context.fillText(cell.figure, x + 4, y + height - 5);
  }
}

/**
 * A GPU that reports a fault is filled with the colour of its state, whatever is shown: the fault is what matters about it,
 * and its figure is still written. One that is down stays hatched, as every unknown value.
 */
function stateColours(state: Cell["state"], palette: Palette): { fill: string; ink: string } | null {
  if (state === "throttled") return { fill: palette.warning, ink: palette.warningInk };
  if (state === "xid") return { fill: palette.critical, ink: palette.criticalInk };
  return null;
}

/** A state is a shape as well as a colour: triangle throttled, diamond XID, cross down. */
function drawMark(
  context: CanvasRenderingContext2D,
  layout: HeatLayout,
  block: Block,
  index: number,
  cell: Cell,
  palette: Palette,
): void {
  const { x, y } = cellPlace(layout, block, index);
  const { cellWidth: width, cellHeight: height } = layout;
  const colour = cell.state === "throttled" ? palette.warning : palette.critical;
  const line = height >= 16 ? 3 : 2;
  context.globalAlpha = cell.dimmed ? 0.3 : 1;
  context.strokeStyle = colour;
  context.lineWidth = line;
  context.strokeRect(x - 0.5, y - 0.5, width + 1, height + 1);
  const ink = stateColours(cell.state, palette)?.ink ?? colour;
  if (height >= 12) drawShape(context, cell.state, x + width - 3, y + 3, Math.min(12, height * 0.42), ink);
  context.globalAlpha = 1;
}

/** In the upper right corner. */
function drawShape(
  context: CanvasRenderingContext2D,
  state: Cell["state"],
  right: number,
  top: number,
  size: number,
  colour: string,
): void {
  const left = right - size;
  context.beginPath();
  if (state === "throttled") {
    context.moveTo(left + size / 2, top);
    context.lineTo(right, top + size);
    context.lineTo(left, top + size);
    context.closePath();
  } else if (state === "xid") {
    context.moveTo(left + size / 2, top);
    context.lineTo(right, top + size / 2);
    context.lineTo(left + size / 2, top + size);
    context.lineTo(left, top + size / 2);
    context.closePath();
  } else {
    context.moveTo(left + 1, top + 1);
    context.lineTo(right - 1, top + size - 1);
    context.moveTo(right - 1, top + 1);
    context.lineTo(left + 1, top + size - 1);
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.stroke();
    return;
  }
  context.fillStyle = colour;
  context.fill();
}

/** The hovered and the keyboard's cell, on a layer of its own: moving them redraws nothing else. */
export function drawCursor(
  context: CanvasRenderingContext2D,
  layout: HeatLayout,
  index: number | null,
  palette: Palette,
): void {
  context.clearRect(0, 0, layout.width + 8, layout.height + 8);
  const block = index === null ? null : blockOf(layout, index);
  if (index === null || block === null) return;
  const { x, y } = cellPlace(layout, block, index);
  context.strokeStyle = palette.cursor;
  context.lineWidth = 2;
  context.strokeRect(x - 1, y - 1, layout.cellWidth + 2, layout.cellHeight + 2);
}

const HATCH_PITCH = 5;

function hatchPattern(context: CanvasRenderingContext2D, palette: Palette): CanvasPattern | null {
  const ratio = context.getTransform().a;
  const tile = document.createElement("canvas");
  tile.width = tile.height = HATCH_PITCH * ratio;
  const pen = tile.getContext("2d");
  if (pen === null) return null;
  pen.scale(ratio, ratio);
  pen.strokeStyle = palette.hatch;
  pen.lineWidth = 1;
  pen.beginPath();
  for (const shift of [-HATCH_PITCH, 0, HATCH_PITCH]) {
    pen.moveTo(shift, HATCH_PITCH);
    pen.lineTo(shift + HATCH_PITCH, 0);
  }
  pen.stroke();
  const pattern = context.createPattern(tile, "repeat");
  pattern?.setTransform(new DOMMatrix().scale(1 / ratio));
  return pattern;
}
