import { Sparkline } from "../../../components/chart/sparkline.tsx";
import type { HeldShare } from "../../../data/gpu.ts";
import { formatUnit } from "../../../format/unit.ts";

/** The exporter's own count of the time for which each limit held the clocks back: exact where the lanes are sampled. */
export function HeldShares({ held }: { held: readonly HeldShare[] }) {
  if (held.length === 0) return null;
  const some = held.filter((share) => share.mean > 0);
  const none = held.filter((share) => share.mean === 0).map((share) => share.words);
  return (
    <div className="held">
      {some.length === 0 ? null : (
        <table className="plain">
          <thead>
            <tr>
              <th>Share of time held back by</th>
              <th className="figure">this range</th>
              <th>over it</th>
              <th className="figure">now</th>
            </tr>
          </thead>
          <tbody>
            {some.map((share) => (
              <tr key={share.metric}>
                <td title={share.metric}>{share.words}</td>
                <td className="figure">{formatUnit(share.mean, "percent")}</td>
                <td>
                  <Sparkline values={share.values} label={`Share of time held back by ${share.words}`} />
                </td>
                <td className="figure">{formatUnit(share.now, "percent")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {none.length === 0 ? null : (
        <p className="quiet small">
          {some.length === 0 ? "Share of time held back in this range: 0 % by " : "Not at all by "}
          {listed(none)}.
        </p>
      )}
    </div>
  );
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
