import { extentOf, type Values } from "../../fleet/grids.ts";

type SparklineProps = {
  readonly values: Values;
  readonly width?: number;
  readonly height?: number;
  readonly label: string;
};

/** A small line without axes; gaps stay gaps. */
export function Sparkline({ values, width = 96, height = 20, label }: SparklineProps) {
  const extent = extentOf(values);
  if (extent === null) return <span className="quiet">–</span>;
  const span = Math.max(extent.max - extent.min, Math.abs(extent.max) * 0.05, 1e-9);
  const middle = (extent.max + extent.min) / 2;
  const x = (position: number) => (position / Math.max(1, values.length - 1)) * width;
  const y = (value: number) => height / 2 - ((value - middle) / span) * (height - 3);
  let path = "";
  let pen = false;
  values.forEach((value, position) => {
    if (value === null) {
      pen = false;
      return;
    }
    path += `${pen ? "L" : "M"}${x(position).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = true;
  });
  return (
    <svg className="sparkline" width={width} height={height} role="img" aria-label={label}>
      <path d={path} fill="none" stroke="var(--text-quiet)" strokeWidth="1.25" strokeLinejoin="round" />
    </svg>
  );
}
