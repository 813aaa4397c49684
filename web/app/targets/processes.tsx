import { Shape } from "../../components/state-mark.tsx";
import { Ago } from "../../components/time-zone.tsx";
import type { ProcessState } from "../../data/cluster.ts";

/** Every Lockstep process with a heartbeat, and when it was last heard of. */
export function Processes({ processes, atMs }: { processes: readonly ProcessState[]; atMs: number }) {
  if (processes.length === 0) return null;
  return (
    <ul className="marks" aria-label="Lockstep's processes">
      {processes.map((process) => (
        <li key={`${process.process} ${process.host}`}>
          <span
            className={process.up ? "state ok" : "state critical"}
            title={`process ${process.pid} on ${process.host}`}
          >
            <Shape state={process.up ? "ok" : "down"} />
            {process.process} {process.up ? "up" : "down"}, last heard of <Ago ms={process.seenMs} nowMs={atMs} />
          </span>
        </li>
      ))}
    </ul>
  );
}
