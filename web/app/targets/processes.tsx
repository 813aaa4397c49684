import { Shape } from "../../components/state-mark.tsx";
import { Ago } from "../../components/time-zone.tsx";
import type { ProcessState } from "../../fleet/process-states.ts";

/** Every instance of every Lockstep process with a heartbeat, and when it was last heard of. */
export function Processes({ processes, atMs }: { processes: readonly ProcessState[]; atMs: number }) {
  if (processes.length === 0) return null;
  const isOneOfSeveral = (state: ProcessState) =>
    processes.filter((other) => other.process === state.process).length > 1;
  return (
    <ul className="marks" aria-label="Lockstep's processes">
      {processes.map((state) => (
        <li key={`${state.process} ${state.host}`}>
          <span
            className={state.up && state.kafkaAway === null ? "state ok" : "state critical"}
            title={`process ${state.pid} on ${state.host}`}
          >
            <Shape state={state.up && state.kafkaAway === null ? "ok" : "down"} />
            {state.process} {isOneOfSeveral(state) ? `on ${state.host} ` : ""}
            {state.up ? "up" : "down"}
            {notesOf(state)}, last heard of <Ago ms={state.seenMs} nowMs={atMs} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function notesOf(state: ProcessState): string {
  if (state.kafkaAway !== null) return `, Kafka is away: ${state.kafkaAway}`;
  if (state.leads === null) return "";
  return state.leads ? ", leads" : ", stands by";
}
