"use client";
import { RangeLink } from "../../../components/range-link.tsx";
import { nodePath } from "../../../fleet/gpu.ts";
import { formatUnit } from "../../../format/unit.ts";
import type { ChainBox, WaitChain } from "../../../jobs/wait-chain.ts";

/** Width of the longest wait's bar, pixels. */
const WIDEST = 160;

/** The worst step of the window: who waited for whom, ending where the delay begins. */
export function WaitChainDrawing({ chain }: { chain: WaitChain | null }) {
  if (chain === null) return null;
  const longest = Math.max(...chain.boxes.map(({ waitedUs }) => waitedUs ?? 0));
  return (
    <section className="section" aria-label="Wait chain">
      <h2>
        Who waited for whom{" "}
        <span className="quiet small">
          in step {chain.step.toLocaleString("en-US")}, the longest of the last window at{" "}
          {formatUnit(chain.stepUs / 1e6, "seconds")}
        </span>
      </h2>
      <ol className="wait-chain">
        {chain.boxes.map((box) => (
          <li key={`${box.rank} ${box.communicator}`}>
            <Box box={box} last={box.waitedUs === null} />
            {box.waitedUs === null ? null : <Arrow box={box} longest={longest} />}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Box({ box, last }: { box: ChainBox; last: boolean }) {
  return (
    <span className={last ? "wait-box begins" : "wait-box"}>
      <strong>rank {box.rank}</strong>
      {box.node === null ? null : (
        <RangeLink className="small" href={nodePath(box.node)}>
          {box.node}
        </RangeLink>
      )}
      {last ? <span className="small">waited for nobody</span> : null}
    </span>
  );
}

function Arrow({ box, longest }: { box: ChainBox; longest: number }) {
  const share = longest > 0 ? (box.waitedUs ?? 0) / longest : 0;
  return (
    <span className="wait-arrow">
      <span className="small">waited {formatUnit((box.waitedUs ?? 0) / 1e6, "seconds")} for</span>
      <svg width={WIDEST + 10} height="12" aria-hidden="true">
        <rect x="0" y="4" width={Math.max(2, share * WIDEST)} height="4" fill="var(--accent)" />
        <path d={`M${Math.max(2, share * WIDEST)} 0l8 6-8 6z`} fill="var(--accent)" />
      </svg>
      <span className="small quiet">
        in {box.collective} of <span className="mono">{box.communicator}</span>
      </span>
    </span>
  );
}
