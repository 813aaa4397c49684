/** Where every cell of the heat map lies. Pixels; groups flow from left to right and wrap. */

export type Group = { readonly label: string; readonly count: number };

export type Block = {
  readonly label: string;
  readonly x: number;
  /** Of the cells; the label stands above. */
  readonly y: number;
  readonly width: number;
  readonly columns: number;
  /** Index of the block's first cell among all cells. */
  readonly start: number;
  readonly count: number;
};

export type HeatLayout = {
  readonly blocks: readonly Block[];
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly gap: number;
  /** 0: cells too small for labels. */
  readonly labelHeight: number;
  readonly width: number;
  readonly height: number;
};

/** Cells of a node stand in rows of eight, as its GPUs do; larger groups get as many columns as fit. */
const NODE_COLUMNS = 8;
const NODE_LIMIT = 16;
const CELL_SIZES = [34, 28, 24, 20, 16, 12, 10, 8, 6] as const;
const WIDEST = 1.9;

/** The largest cells with which everything is at most `maxHeight` high; the smallest where nothing is. */
export function layoutHeat(groups: readonly Group[], width: number, maxHeight: number): HeatLayout {
  let layout = layoutWith(groups, width, CELL_SIZES[0]);
  for (const size of CELL_SIZES) {
    layout = layoutWith(groups, width, size);
    if (layout.height <= maxHeight) return layout;
  }
  return layout;
}

function layoutWith(groups: readonly Group[], width: number, cell: number): HeatLayout {
  const gap = cell >= 16 ? 2 : 1;
  const labelHeight = cell >= 10 ? 18 : 0;
  const blockGap = cell >= 16 ? 20 : cell >= 10 ? 12 : 6;
  const asNodes = groups.every((group) => group.count <= NODE_LIMIT);
  const most = Math.max(1, Math.floor((width + gap) / (cell + gap)));
  const columnsOf = (count: number) => Math.max(1, Math.min(count, asNodes ? NODE_COLUMNS : most, most));
  const cellWidth = asNodes ? stretched(groups, width, cell, gap, blockGap, columnsOf) : cell;
  const between = asNodes ? spread(groups, width, cellWidth, gap, blockGap, columnsOf) : blockGap;
  const blocks: Block[] = [];
  let x = 0;
  let y = labelHeight;
  let rowHeight = 0;
  let start = 0;
  for (const group of groups) {
    const columns = columnsOf(group.count);
    const blockWidth = columns * (cellWidth + gap) - gap;
    if (x > 0 && x + blockWidth > width) {
      x = 0;
      y += rowHeight + blockGap + labelHeight;
      rowHeight = 0;
    }
    blocks.push({ label: group.label, x, y, width: blockWidth, columns, start, count: group.count });
    rowHeight = Math.max(rowHeight, Math.ceil(group.count / columns) * (cell + gap) - gap);
    x += blockWidth + between;
    start += group.count;
  }
  return {
    blocks,
    cellWidth,
    cellHeight: cell,
    gap,
    labelHeight,
    width,
    height: blocks.length === 0 ? 0 : y + rowHeight,
  };
}

/** Wider cells, so that a row of equal blocks ends where the page does. */
function stretched(
  groups: readonly Group[],
  width: number,
  cell: number,
  gap: number,
  blockGap: number,
  columnsOf: (count: number) => number,
): number {
  const columns = Math.max(1, ...groups.map((group) => columnsOf(group.count)));
  const blockWidth = columns * (cell + gap) - gap;
  const across = Math.min(groups.length, Math.max(1, Math.floor((width + blockGap) / (blockWidth + blockGap))));
  const room = (width - (across - 1) * blockGap) / across;
  return Math.max(cell, Math.min(Math.floor((room + gap) / columns - gap), Math.floor(cell * WIDEST)));
}

/** The gap between blocks that lets a full row end where the page does: cells are whole pixels, what is left goes here. */
function spread(
  groups: readonly Group[],
  width: number,
  cellWidth: number,
  gap: number,
  blockGap: number,
  columnsOf: (count: number) => number,
): number {
  const columns = Math.max(1, ...groups.map((group) => columnsOf(group.count)));
  const blockWidth = columns * (cellWidth + gap) - gap;
  const across = Math.floor((width + blockGap) / (blockWidth + blockGap));
  if (across < 2 || groups.length < across) return blockGap;
  return Math.min(2 * blockGap, Math.floor((width - across * blockWidth) / (across - 1)));
}

export type CellPlace = { readonly x: number; readonly y: number };

export function cellPlace(layout: HeatLayout, block: Block, index: number): CellPlace {
  const offset = index - block.start;
  const column = offset % block.columns;
  const row = Math.floor(offset / block.columns);
  return {
    x: block.x + column * (layout.cellWidth + layout.gap),
    y: block.y + row * (layout.cellHeight + layout.gap),
  };
}

export function blockOf(layout: HeatLayout, index: number): Block | null {
  let low = 0;
  let high = layout.blocks.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const block = layout.blocks[middle];
    if (block === undefined) return null;
    if (index < block.start) high = middle - 1;
    else if (index >= block.start + block.count) low = middle + 1;
    else return block;
  }
  return null;
}

/** The cell under a point; null between cells. */
export function cellAt(layout: HeatLayout, x: number, y: number): number | null {
  const pitchX = layout.cellWidth + layout.gap;
  const pitchY = layout.cellHeight + layout.gap;
  for (const block of layout.blocks) {
    if (y < block.y || x < block.x || x >= block.x + block.width) continue;
    const column = Math.floor((x - block.x) / pitchX);
    const row = Math.floor((y - block.y) / pitchY);
    const offset = row * block.columns + column;
    if (column < block.columns && offset < block.count && row >= 0) return block.start + offset;
  }
  return null;
}

/** The nearest cell in a direction, for the arrow keys; stays where there is none. */
export function neighbour(layout: HeatLayout, index: number, direction: "left" | "right" | "up" | "down"): number {
  const total = layout.blocks.reduce((sum, block) => sum + block.count, 0);
  if (direction === "left") return Math.max(0, index - 1);
  if (direction === "right") return Math.min(total - 1, index + 1);
  const block = blockOf(layout, index);
  if (block === null) return index;
  const from = cellPlace(layout, block, index);
  const sign = direction === "down" ? 1 : -1;
  let best = index;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of layout.blocks) {
    for (let other = candidate.start; other < candidate.start + candidate.count; other += 1) {
      const place = cellPlace(layout, candidate, other);
      const rise = (place.y - from.y) * sign;
      if (rise <= 0) continue;
      const distance = rise * 1000 + Math.abs(place.x - from.x);
      if (distance < bestDistance) {
        bestDistance = distance;
        best = other;
      }
    }
  }
  return best;
}
