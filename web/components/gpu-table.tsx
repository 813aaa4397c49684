"use client";
import { useState } from "react";
import { compareNatural } from "../fleet/assemble.ts";
import { type Gpu, gpuPath, memoryShare, shortName } from "../fleet/gpu.ts";
import { formatUnit, UNKNOWN } from "../format/unit.ts";
import { stateWords } from "./heat-map/hover-card.tsx";
import { RangeLink } from "./range-link.tsx";
import { StateMark } from "./state-mark.tsx";

type Column = {
  readonly id: string;
  readonly title: string;
  readonly figure: boolean;
  readonly sortBy: (gpu: Gpu) => number | string | null;
  readonly text: (gpu: Gpu) => string;
};

const COLUMNS: readonly Column[] = [
  { id: "node", title: "Node", figure: false, sortBy: (gpu) => gpu.node, text: (gpu) => gpu.node },
  { id: "pod", title: "Pod", figure: false, sortBy: (gpu) => gpu.pod, text: (gpu) => gpu.pod ?? UNKNOWN },
  figureColumn("utilisation", "Utilisation", (gpu) => gpu.values.utilisation, "percent"),
  figureColumn("temperature", "Temperature", (gpu) => gpu.values.temperature, "celsius"),
  figureColumn("power", "Power", (gpu) => gpu.values.power, "watts"),
  figureColumn("clock", "SM clock", (gpu) => gpu.values.smClock, "megahertz"),
  figureColumn("memory", "Memory used", (gpu) => memoryShare(gpu.values), "percent"),
];

function figureColumn(
  id: string,
  title: string,
  value: (gpu: Gpu) => number | null | undefined,
  unit: Parameters<typeof formatUnit>[1],
): Column {
  return { id, title, figure: true, sortBy: (gpu) => value(gpu) ?? null, text: (gpu) => formatUnit(value(gpu), unit) };
}

const PAGE = 200;

/** The heat map as a table: sorted by `sort` ("power", or "-power" for the highest first), unknown values last. */
export function GpuTable({
  gpus,
  sort,
  onSort,
}: {
  gpus: readonly Gpu[];
  sort: string;
  onSort: (sort: string) => void;
}) {
  const [shown, setShown] = useState(PAGE);
  const sorted = sortGpus(gpus, sort);
  return (
    <div className="table-frame">
      <table>
        <thead>
          <tr>
            <th>GPU</th>
            {COLUMNS.map((column) => {
              const direction = sort === column.id ? "ascending" : sort === `-${column.id}` ? "descending" : undefined;
              return (
                <th
                  key={column.id}
                  className={column.figure ? "figure" : ""}
                  {...(direction === undefined ? {} : { "aria-sort": direction })}
                >
                  <button type="button" onClick={() => onSort(nextSort(column, sort))}>
                    {column.title}
                    {direction === "ascending" ? " ↑" : direction === "descending" ? " ↓" : ""}
                  </button>
                </th>
              );
            })}
            <th>State</th>
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, shown).map((gpu) => (
            <tr key={gpu.key} className="link">
              <td>
                <RangeLink className="row" href={gpuPath(gpu.key)}>
                  {shortName(gpu)}
                </RangeLink>
              </td>
              {COLUMNS.map((column) => (
                <td key={column.id} className={column.figure ? "figure" : ""}>
                  {column.text(gpu)}
                </td>
              ))}
              <td>
                <StateMark state={gpu.state} words={stateWords(gpu)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {sorted.length > shown ? (
        <button type="button" className="more" onClick={() => setShown(shown + PAGE)}>
          Show more: {shown} of {sorted.length} are shown
        </button>
      ) : null}
    </div>
  );
}

/** A figure's first click asks for the highest. */
function nextSort(column: Column, sort: string): string {
  const [first, second] = column.figure ? [`-${column.id}`, column.id] : [column.id, `-${column.id}`];
  return sort === first ? second : first;
}

function sortGpus(gpus: readonly Gpu[], sort: string): readonly Gpu[] {
  const column = COLUMNS.find((candidate) => candidate.id === sort.replace(/^-/, ""));
  if (column === undefined) return gpus;
  const sign = sort.startsWith("-") ? -1 : 1;
  return [...gpus].sort((a, b) => {
    const left = column.sortBy(a);
    const right = column.sortBy(b);
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    if (typeof left === "number" && typeof right === "number") return sign * (left - right);
    return sign * compareNatural(String(left), String(right));
  });
}
