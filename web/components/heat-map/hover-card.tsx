import { reasonsIn, reasonWords } from "../../fleet/clock-reasons.ts";
import { fullName, type Gpu, memoryShare } from "../../fleet/gpu.ts";
import { xidWords } from "../../fleet/xid.ts";
import { formatUnit, UNKNOWN } from "../../format/unit.ts";
import { StateMark } from "../state-mark.tsx";

/** Who the GPU is, what is wrong with it, and eight numbers. */
export function HoverCard({ gpu }: { gpu: Gpu }) {
  const { values } = gpu;
  const share = memoryShare(values);
  const rows: readonly (readonly [string, string])[] = [
    ["Utilisation", formatUnit(values.utilisation, "percent")],
    ["Tensor cores active", formatUnit(values.tensorActive, "percent")],
    ["Memory bus active", formatUnit(values.dramActive, "percent")],
    ["Temperature", formatUnit(values.temperature, "celsius")],
    ["Memory temperature", formatUnit(values.memoryTemperature, "celsius")],
    ["Power", formatUnit(values.power, "watts")],
    ["SM clock", formatUnit(values.smClock, "megahertz")],
    [
      "Memory used",
      share === null
        ? formatUnit(values.memoryUsed, "bytes")
        : `${formatUnit(values.memoryUsed, "bytes")} (${formatUnit(share, "percent")})`,
    ],
  ];
  return (
    <>
      <div className="name">{fullName(gpu)}</div>
      <div className="quiet">{gpu.pod === null ? "no pod" : `${gpu.namespace ?? UNKNOWN}/${gpu.pod}`}</div>
      {gpu.state === "ok" ? null : <StateMark state={gpu.state} words={allWords(gpu)} />}
      <dl>
        {rows.map(([name, value]) => (
          <div key={name} style={{ display: "contents" }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** Of a throttled GPU every reason, where there is room for them. */
function allWords(gpu: Gpu): string {
  return gpu.state === "throttled" ? reasonWords(gpu.values.clockReasons ?? 0) : stateWords(gpu);
}

/** In a few words; of a throttled GPU the worst reason. */
export function stateWords(gpu: Gpu): string {
  switch (gpu.state) {
    case "down":
      return `down: ${gpu.why ?? "no sample"}`;
    case "xid":
      return xidWords(gpu.values.xid ?? 0);
    case "throttled":
      return reasonsIn(gpu.values.clockReasons ?? 0)[0]?.words ?? "throttled";
    case "waiting":
      return gpu.why ?? "no sample yet";
    case "ok":
      return "ok";
  }
}
