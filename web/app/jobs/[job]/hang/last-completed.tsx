"use client";
import type { JobHangLastRow } from "@lockstep/schemas/queries/job-hang-last";
import { Ago } from "../../../../components/time-zone.tsx";
import { count } from "../../../../format/number.ts";

const MAX_ROWS = 500;

/** Without dumps: how far each process came, by the steps it completed; those that stopped first above. */
export function LastCompleted({ rows, atMs }: { rows: readonly JobHangLastRow[]; atMs: number }) {
  const sorted = [...rows].sort((a, b) => a.step - b.step || a.endedAt - b.endedAt);
  return (
    <>
      <section className="notice" style={{ maxWidth: 960 }}>
        <h2>No Flight Recorder dump in this range</h2>
        <p>
          Only dumps tell who never entered an operation. PyTorch writes them when a collective times out, with{" "}
          <code>TORCH_FR_BUFFER_SIZE=2000 TORCH_NCCL_DUMP_ON_TIMEOUT=1</code>; name their folder under{" "}
          <code>lockstep: traces: - flight_recorder:</code> in the collector's configuration, or give them to{" "}
          <code>lockstep analyze flight-recorder DIR</code>.
        </p>
      </section>
      {sorted.length === 0 ? null : (
        <section className="section" aria-label="Last completed">
          <h2>
            The last step of each process <span className="quiet small">those that stopped first above</span>
          </h2>
          <div className="table-frame">
            <table>
              <thead>
                <tr>
                  <th>Process</th>
                  <th className="figure">Rank</th>
                  <th className="figure">Step</th>
                  <th>Last operation completed</th>
                  <th className="figure">Ended</th>
                </tr>
              </thead>
              <tbody>
                {sorted.slice(0, MAX_ROWS).map((row) => (
                  <tr key={row.process}>
                    <td className="mono">{row.process}</td>
                    <td className="figure">{row.jobRank ?? ""}</td>
                    <td className="figure">{row.step.toLocaleString("en-US")}</td>
                    <td>
                      {row.collective} {row.seq} of {row.kind === "?" ? "" : `${row.kind} `}
                      <span className="mono">{row.communicator}</span>
                    </td>
                    <td className="figure">
                      <Ago ms={row.endedAt} nowMs={atMs} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {sorted.length > MAX_ROWS ? (
            <p className="quiet">{count(sorted.length - MAX_ROWS, "more process", "more processes")}</p>
          ) : null}
        </section>
      )}
    </>
  );
}
