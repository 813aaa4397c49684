"use client";
import { Absolute } from "../../../components/time-zone.tsx";
import { formatDuration } from "../../../format/time.ts";
import { type FindingView, kindWords } from "../../../jobs/finding-view.ts";
import { gpuTime } from "../../../jobs/losses.ts";
import { causeWords } from "../finding-list.tsx";

/** What held the job up earlier in this range. */
export function PastFindings({ findings }: { findings: readonly FindingView[] }) {
  const past = findings.filter(({ closedMs }) => closedMs !== null);
  if (past.length === 0) return null;
  return (
    <section className="section" aria-label="Earlier findings">
      <h2>Earlier in this range</h2>
      <div className="table-frame">
        <table>
          <thead>
            <tr>
              <th>What</th>
              <th>Finding</th>
              <th>Cause</th>
              <th>Began</th>
              <th className="figure">Lasted</th>
              <th className="figure">GPU time lost</th>
            </tr>
          </thead>
          <tbody>
            {past.map((finding) => (
              <tr key={finding.id}>
                <td>{kindWords(finding.kind)}</td>
                <td className="wrap">{finding.summary}</td>
                <td className="wrap">{causeWords(finding)}</td>
                <td>
                  <Absolute ms={finding.openedMs} />
                </td>
                <td className="figure">{formatDuration((finding.closedMs ?? finding.openedMs) - finding.openedMs)}</td>
                <td className="figure">{gpuTime(finding.wasteGpuSeconds)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
