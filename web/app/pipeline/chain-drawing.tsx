import { Fragment } from "react";
import { Shape } from "../../components/state-mark.tsx";
import { formatUnit } from "../../format/unit.ts";
import type { Backlog } from "../../pipeline/backlog.ts";
import { type Bottleneck, backlogWords } from "../../pipeline/bottleneck.ts";
import type { Chain, ChainLink, ChainNode } from "../../pipeline/chain.ts";

/** The chain left to right, with the link that holds the data up. */
export function ChainDrawing({ chain, bottleneck }: { chain: Chain; bottleneck: Bottleneck }) {
  return (
    <div className="chain-frame">
      <ol className="chain" style={{ gridTemplateColumns: columns(chain) }}>
        {chain.nodes.map((node, index) => {
          const link = chain.links[index];
          return (
            <Fragment key={node.id}>
              <Node node={node} />
              {link === undefined ? null : (
                <Link
                  link={link}
                  held={link.id !== bottleneck.link ? null : bottleneck.grows ? "held up" : "slowest"}
                />
              )}
            </Fragment>
          );
        })}
      </ol>
      <p className="quiet small">
        On the arrows: what passes in a second; how long half and 99 % of it take (of the last 5 minutes); what waits.
      </p>
    </div>
  );
}

function columns({ nodes }: Chain): string {
  return nodes
    .map((_, index) => (index === 0 ? "minmax(84px, auto)" : "minmax(96px, 1fr) minmax(84px, auto)"))
    .join(" ");
}

function Node({ node }: { node: ChainNode }) {
  const trouble = node.facts.find((fact) => fact.trouble !== undefined)?.trouble;
  return (
    <li className={`chain-node ${trouble ?? ""}`}>
      <strong>{node.title}</strong>
      {node.facts.length > 0 ? null : (
        <i className="mark-unknown" title="told nothing of itself in the last 5 minutes" />
      )}
      {node.facts.map((fact) =>
        fact.trouble === undefined ? (
          <span key={fact.words} className="quiet small">
            {fact.words}
          </span>
        ) : (
          <span key={fact.words} className={`state small ${fact.trouble}`}>
            <Shape state={fact.trouble === "critical" ? "down" : "throttled"} size={10} />
            {fact.words}
          </span>
        ),
      )}
    </li>
  );
}

function Link({ link, held }: { link: ChainLink; held: string | null }) {
  return (
    <li className={held === null ? "chain-link" : "chain-link slowest"}>
      <span className="small flow" title={link.flow === "samples" ? "samples a second" : "windows an hour"}>
        {link.perSecond === null ? (
          <i className="mark-unknown" title="no figure in the last 5 minutes" />
        ) : link.flow === "samples" ? (
          formatUnit(link.perSecond, "perSecond")
        ) : (
          `${formatUnit(link.perSecond * 3600, "count")}/h`
        )}
      </span>
      <svg className="arrow" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        <path d="M0 5H100" vectorEffect="non-scaling-stroke" />
      </svg>
      <span className="small name">{link.title}</span>
      {held === null ? null : <span className="small name">{held}</span>}
      <LinkDelay delay={link.delay} />
      {link.backlog === null ? null : <LinkBacklog backlog={link.backlog} />}
    </li>
  );
}

function LinkDelay({ delay }: { delay: ChainLink["delay"] }) {
  if (delay === null) {
    return <span className="quiet small">no delay yet</span>;
  }
  return (
    <>
      <span className="small delay">{formatUnit(delay.p50, "seconds")}</span>
      <span className="small quiet">p99 {formatUnit(delay.p99, "seconds")}</span>
    </>
  );
}

function LinkBacklog({ backlog }: { backlog: Backlog }) {
  const { amount, unit, seconds, growthSeconds } = backlog;
  if (amount === 0) return <span className="quiet small">nothing waits</span>;
  const title = `${backlogWords(backlog)} waiting`;
  const words = unit === "bytes" ? formatUnit(amount, "bytes") : `${formatUnit(amount, "count")} wait`;
  const age = seconds === null ? null : `oldest ${formatUnit(seconds, "seconds")}`;
  const grows = growthSeconds !== null;
  const style = grows ? "state small warning" : "quiet small";
  return (
    <>
      <span className={style} title={title}>
        {grows ? <Shape state="throttled" size={10} /> : null}
        {words}
      </span>
      {age === null ? null : <span className={style}>{age}</span>}
      {grows ? <span className={style}>growing</span> : null}
    </>
  );
}
