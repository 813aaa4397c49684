import type { Problem } from "../data/problem.ts";

const WORDS: Record<Problem["kind"], { title: string; todo: string }> = {
  unreachable: {
    title: "The store does not answer.",
    todo: "Nothing is lost: telemetry waits in the log until it is back. See the terminal of npm start, or logs/ in the data folder, for why. This page tries again every 5 seconds.",
  },
  preparing: {
    title: "The store is being set up.",
    todo: "Its tables are not there yet. This takes a few seconds after a first start; this page tries again every 5 seconds.",
  },
  failed: {
    title: "This page could not be read.",
    todo: "The message below says what went wrong. This page tries again every 5 seconds.",
  },
};

export function ProblemNotice({ problem }: { problem: Problem }) {
  const { title, todo } = WORDS[problem.kind];
  return (
    <div className={problem.kind === "preparing" ? "notice" : "notice critical"} role="alert">
      <h2>{title}</h2>
      <p>{todo}</p>
      <p className="quiet small mono">{problem.message}</p>
    </div>
  );
}

/** Above data that could not be refreshed. */
export function StaleNote({ problem }: { problem: Problem | null }) {
  if (problem === null) return null;
  return (
    <p className="stale-note" role="status">
      {WORDS[problem.kind].title} What you see is as it was read last; trying again every 5 seconds.
    </p>
  );
}
