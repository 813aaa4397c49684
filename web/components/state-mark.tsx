import type { GpuState } from "../fleet/gpu.ts";

const SEVERITY = { down: "critical", xid: "critical", throttled: "warning", waiting: "ok", ok: "ok" } as const;

/** A state as a shape, a colour and words; the same shapes as on the heat map. */
export function StateMark({ state, words }: { state: GpuState; words: string }) {
  return (
    <span className={`state ${SEVERITY[state]}`}>
      <Shape state={state} />
      {words}
    </span>
  );
}

export function stateColour(state: GpuState): string {
  if (state === "throttled") return "var(--warning-mark)";
  if (state === "waiting") return "var(--unknown)";
  return state === "ok" ? "var(--ok)" : "var(--critical-mark)";
}

export function Shape({ state, size = 12 }: { state: GpuState; size?: number }) {
  const colour = stateColour(state);
  return (
    <svg width={size} height={size} viewBox="0 0 12 12" aria-hidden="true" style={{ flex: "none" }}>
      {state === "throttled" ? <path d="M6 1l5 10H1z" fill={colour} /> : null}
      {state === "xid" ? <path d="M6 0l6 6-6 6-6-6z" fill={colour} /> : null}
      {state === "down" ? <path d="M2 2l8 8M10 2l-8 8" stroke={colour} strokeWidth="2.5" /> : null}
      {state === "waiting" ? <path d="M1 8l7-7M1 11.5L11.5 1M4 11l7-7" stroke={colour} /> : null}
      {state === "ok" ? <circle cx="6" cy="6" r="3.5" fill={colour} /> : null}
    </svg>
  );
}
