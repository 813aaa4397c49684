"use client";
import type { JobsData } from "../../data/jobs.ts";
import { InspectorEnvironment } from "./inspector-environment.tsx";

/** Jobs that are heard and cannot be judged, with what to set; and how to begin where none is heard. */
export function WaitingJobs({ data }: { data: JobsData }) {
  const unjudged = [
    ...data.jobs.flatMap(({ job, state }) => (state?.notEnoughData ?? []).map((reason) => ({ job, reason }))),
    ...data.waiting.flatMap(({ job, notEnoughData }) => notEnoughData.map((reason) => ({ job, reason }))),
  ];
  if (unjudged.length === 0 && data.jobs.length > 0) {
    return (
      <section className="section" aria-label="Watch another job">
        <InspectorEnvironment title="Watch another job" />
      </section>
    );
  }
  return (
    <section className="section" aria-label="Jobs that are not judged">
      {unjudged.length === 0 ? null : (
        <>
          <h2>Not enough data</h2>
          <ul className="reasons">
            {unjudged.map(({ job, reason }) => (
              <li key={`${job} ${reason}`}>
                <strong>{job}</strong>: {reason}
              </li>
            ))}
          </ul>
        </>
      )}
      <InspectorEnvironment
        title={data.jobs.length === 0 ? "How a job is heard" : "What NCCL Inspector has to be told"}
      />
    </section>
  );
}
