/** Draws the heat map of ranks and steps. */
import type { Palette } from "../../../components/heat-map/palette.ts";
import { type HeatRows, slowestIn } from "../../../jobs/heat-rows.ts";

export type HeatPlace = {
  readonly columns: number;
  readonly rows: HeatRows;
  readonly width: number;
};

/** Up to here a rank is within what its peers do. */
const SLOW_FROM = 1.1;
const SLOW_FULL = 1.6;
const FAST = 0.8;
/** Share of the scale that ranks within it take: a job that keeps pace is calm. */
const EVEN = 0.45;

export function drawHeat(
  context: CanvasRenderingContext2D,
  place: HeatPlace,
  cells: Uint8Array,
  palette: Palette,
): void {
  const { columns, rows, width } = place;
  const gap = rows.height >= 6 ? 1 : 0;
  for (let column = 0; column < columns; column++) {
    const left = Math.floor((column * width) / columns);
    const right = Math.floor(((column + 1) * width) / columns);
    for (let row = 0; row < rows.count; row++) {
      const cell = slowestIn(cells, columns, rows, row, column);
      context.fillStyle = cell === undefined ? palette.hatchGround : colourOf(cell.ratio, palette);
      context.fillRect(
        left,
        row * rows.height,
        right - left - (columns <= 120 && width > 6 * columns ? 1 : 0),
        rows.height - gap,
      );
    }
  }
}

/** Muted up to the limit, then the colour of a warning, the fuller the slower. */
export function colourOf(ratio: number, palette: Palette): string {
  if (ratio < SLOW_FROM) return palette.at(EVEN * ((Math.max(FAST, ratio) - FAST) / (SLOW_FROM - FAST)));
  const share = Math.min(1, 0.35 + (0.65 * (ratio - SLOW_FROM)) / (SLOW_FULL - SLOW_FROM));
  return `color-mix(in srgb, ${palette.warning} ${Math.round(share * 100)}%, ${palette.at(EVEN)})`;
}

export function drawCell(
  context: CanvasRenderingContext2D,
  place: HeatPlace,
  row: number,
  column: number,
  palette: Palette,
): void {
  const { columns, rows, width } = place;
  const left = Math.floor((column * width) / columns);
  const right = Math.floor(((column + 1) * width) / columns);
  context.strokeStyle = palette.cursor;
  context.lineWidth = 1;
  context.strokeRect(left + 0.5, row * rows.height + 0.5, Math.max(1, right - left - 1), Math.max(1, rows.height - 1));
  context.globalAlpha = 0.35;
  context.fillStyle = palette.cursor;
  context.fillRect(0, row * rows.height, width, 1);
  context.globalAlpha = 1;
}
