"use client";
import { useState } from "react";
import { Shape } from "../../components/state-mark.tsx";
import { formatUnit } from "../../format/unit.ts";
import type { PartitionState } from "../../pipeline/partitions.ts";

const PAGE = 24;

/** How far ingest is behind in each partition, and who reads it. */
export function Partitions({ partitions }: { partitions: readonly PartitionState[] }) {
  const [shown, setShown] = useState(PAGE);
  return (
    <section className="section" aria-label="Partitions">
      <h2>Partitions</h2>
      {partitions.length === 0 ? (
        <p className="quiet">No ingest has told its lag in the last 5 minutes.</p>
      ) : (
        <div className="table-frame">
          <table>
            <thead>
              <tr>
                <th>Topic</th>
                <th className="figure">Partition</th>
                <th className="figure">Messages behind</th>
                <th className="figure">Behind by</th>
                <th>Read by</th>
              </tr>
            </thead>
            <tbody>
              {partitions.slice(0, shown).map((partition) => (
                <tr key={`${partition.topic} ${partition.partition}`}>
                  <td className="mono">{partition.topic}</td>
                  <td className="figure">{partition.partition}</td>
                  <td className="figure">{formatUnit(partition.lagMessages, "count")}</td>
                  <td className="figure">
                    {partition.growthSeconds === null ? (
                      formatUnit(partition.lagSeconds, "seconds")
                    ) : (
                      <span
                        className="state warning"
                        title={`${formatUnit(partition.growthSeconds, "seconds")} more than 5 minutes ago`}
                      >
                        <Shape state="throttled" />
                        {formatUnit(partition.lagSeconds, "seconds")}, growing
                      </span>
                    )}
                  </td>
                  <td>{partition.owner}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {partitions.length > shown ? (
            <button type="button" className="more" onClick={() => setShown(shown + PAGE)}>
              Show more: {shown} of {partitions.length} are shown
            </button>
          ) : null}
        </div>
      )}
    </section>
  );
}
