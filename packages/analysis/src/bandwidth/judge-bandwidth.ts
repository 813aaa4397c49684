/**
 * Which node or link is slow, by runs of nccl-tests over pairs and single nodes: the same test on other nodes is what a
 * run is compared with. Pairs behind one switch may well be a tenth faster than others, and that is no fault.
 */
import type { NcclTest } from "@lockstep/formats/nccl-tests/nccl-test";
import type { Evidence, Finding, Verdict } from "@lockstep/schemas/domain/finding";
import { madSigma, median } from "../stats/median.ts";

/** Below it a test measures latency, and with it the host's mood. */
const LEAST_BYTES = 2 ** 20;
/** Greyhound's number for a slow group; the tiers of a fabric stay below it. */
const SLOW_PAIR = 1.2;
/** Inside a node nothing is shared with others, and healthy nodes agree within 2 %. */
const SLOW_NODE = 1.1;
const LEAST_Z = 4;
/** Runs that agree by chance are no evidence. */
const SCALE_FLOOR = 0.01;
const LEAST_PEERS = 3;

/** Of one set of hosts in one class of runs: its time against the median of the class. */
type Run = { readonly hosts: readonly string[]; readonly slowness: number; readonly busbw: number };
type RunClass = { readonly name: string; readonly hostCount: number; readonly runs: readonly Run[] };
type Compared = { readonly ratio: number; readonly z: number; readonly peers: readonly number[] };

/** Findings `slow_node` (a node alone), `slow_link` (a node in all its pairs, or one pair). Pure. */
export function judgeBandwidth(tests: readonly NcclTest[], job = "nccl-tests"): Verdict {
  const classes = classesOf(tests).filter(({ runs }) => runs.length > LEAST_PEERS);
  if (classes.length === 0) {
    return {
      job,
      findings: [],
      not_enough_data: `expected the same test on at least ${LEAST_PEERS + 1} nodes or pairs of nodes to compare; run it pairwise`,
    };
  }
  const alone = classes.filter(({ hostCount }) => hostCount === 1);
  const pairs = classes.filter(({ hostCount }) => hostCount === 2);
  const slowNodes = hostsOf(alone).flatMap((host) => nodeFinding(job, host, alone));
  const slowLinks = hostsOf(pairs).flatMap((host) => nodeLinkFinding(job, host, pairs));
  const blamed = new Set(slowLinks.map(({ node }) => node));
  const slowPairs = pairsOf(pairs)
    .filter((hosts) => !hosts.some((host) => blamed.has(host)))
    .flatMap((hosts) => pairFinding(job, hosts, pairs));
  return { job, findings: [...slowNodes, ...slowLinks, ...slowPairs] };
}

/** Runs that differ in nothing but their hosts; each host set counts once, by its median over sizes of the time ratio. */
function classesOf(tests: readonly NcclTest[]): RunClass[] {
  const times = new Map<string, { hostCount: number; byHosts: Map<string, { time: number; busbw: number }[]> }>();
  for (const { collective, ranks, rows } of tests) {
    const hosts = [...new Set(ranks.map(({ host }) => host))].sort();
    if (collective === undefined || hosts.length === 0) continue;
    for (const { bytes, timeUs, busbwGBs } of rows) {
      if (bytes < LEAST_BYTES || !(timeUs > 0)) continue;
      const name = `${collective} of ${bytes} B, ${hosts.length} nodes with ${ranks.length / hosts.length} GPUs`;
      const known = times.get(name) ?? { hostCount: hosts.length, byHosts: new Map() };
      times.set(name, known);
      const key = hosts.join(" ");
      known.byHosts.set(key, [...(known.byHosts.get(key) ?? []), { time: timeUs, busbw: busbwGBs }]);
    }
  }
  return [...times].map(([name, { hostCount, byHosts }]) => {
    const each = [...byHosts].map(([key, runs]) => ({
      hosts: key.split(" "),
      time: median(runs.map(({ time }) => time)),
      busbw: median(runs.map(({ busbw }) => busbw)),
    }));
    const usual = median(each.map(({ time }) => time));
    const runs = each.map(({ hosts, time, busbw }) => ({ hosts, slowness: time / usual, busbw }));
    return { name, hostCount, runs };
  });
}

function hostsOf(classes: readonly RunClass[]): string[] {
  return [...new Set(classes.flatMap(({ runs }) => runs.flatMap(({ hosts }) => hosts)))].sort();
}

function pairsOf(classes: readonly RunClass[]): (readonly string[])[] {
  return [...new Set(classes.flatMap(({ runs }) => runs.map(({ hosts }) => hosts.join(" "))))]
    .sort()
    .map((key) => key.split(" "));
}

/** The median over the classes in which both sides were measured. */
function compare(classes: readonly RunClass[], isSuspect: (run: Run) => boolean): Compared | undefined {
  const own: number[] = [];
  const peers: number[] = [];
  for (const { runs } of classes) {
    const mine = runs.filter(isSuspect);
    const others = runs.filter((run) => !isSuspect(run));
    if (mine.length === 0 || others.length < LEAST_PEERS) continue;
    const usual = median(others.map(({ slowness }) => slowness));
    own.push(median(mine.map(({ slowness }) => slowness)) / usual);
    peers.push(...others.map(({ slowness }) => slowness / usual));
  }
  if (own.length === 0) return undefined;
  const ratio = median(own);
  const scale = Math.max(madSigma(peers), SCALE_FLOOR);
  return { ratio, z: (ratio - 1) / scale, peers };
}

function nodeFinding(job: string, host: string, classes: readonly RunClass[]): Finding[] {
  const compared = compare(classes, ({ hosts }) => hosts[0] === host);
  if (compared === undefined || !isSlow(compared, SLOW_NODE)) return [];
  const text = `Collectives inside ${host} take ${times(compared.ratio)} as long as inside the other nodes: its NVLink, PCIe or GPUs.`;
  return [finding("slow_node", job, { node: host }, compared, { code: "nvlink", text }, text)];
}

function nodeLinkFinding(job: string, host: string, classes: readonly RunClass[]): Finding[] {
  const compared = compare(classes, ({ hosts }) => hosts.includes(host));
  if (compared === undefined || !isSlow(compared, SLOW_PAIR)) return [];
  const text = `${host} takes ${times(compared.ratio)} as long with every other node as they do among themselves: its NIC or cable.`;
  return [finding("slow_link", job, { node: host }, compared, { code: "nic", text }, text)];
}

function pairFinding(job: string, pair: readonly string[], classes: readonly RunClass[]): Finding[] {
  const compared = compare(classes, ({ hosts }) => hosts.join(" ") === pair.join(" "));
  if (compared === undefined || !isSlow(compared, SLOW_PAIR)) return [];
  const [from, to] = pair;
  const text = `Only between ${from} and ${to} collectives take ${times(compared.ratio)} as long: the way between them, not a node.`;
  return [finding("slow_link", job, { communicator: pair.join(" ") }, compared, { code: "nic", text }, text)];
}

function isSlow({ ratio, z }: Compared, least: number): boolean {
  return ratio >= least && z >= LEAST_Z;
}

function finding(
  kind: "slow_node" | "slow_link",
  job: string,
  place: Pick<Finding, "node" | "communicator">,
  { ratio, z, peers }: Compared,
  cause: Finding["cause"],
  summary: string,
): Finding {
  const evidence: Evidence = {
    what: "time of the same tests, median",
    value: ratio,
    unit: "x",
    peers: { median: 1, low: Math.min(...peers), high: Math.max(...peers) },
    z,
  };
  return {
    kind,
    job,
    ...place,
    score: ratio,
    z,
    confidence: z >= 2 * LEAST_Z ? "high" : "medium",
    cause,
    summary,
    evidence: [evidence],
  };
}

function times(ratio: number): string {
  return `${ratio.toFixed(2)} times`;
}
