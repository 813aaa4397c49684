/** The ways out of a GPU: PCIe, NVLink, the network cards of its node. */
import type { Evidence } from "@lockstep/schemas/domain/finding";
import type { CauseFound, CauseRow, Suspicion } from "./cause-row.ts";
import { type Compared, compare, evidenceOf, type Quantity } from "./compare.ts";
import type { GpuWindow } from "./gpu-window.ts";

/** A counter that ticks on all of them is no sign until it ticks this many times as fast here. */
const timesPeers = 2;

const replays: Quantity = ({ pcieReplaysPerMinute }) => pcieReplaysPerMinute;
const generation: Quantity = ({ pcieGeneration }) => pcieGeneration;
const width: Quantity = ({ pcieWidth }) => pcieWidth;
export const nvlinkErrors: Quantity = ({ nvlink }) => sumKnown(nvlink?.crc, nvlink?.replay, nvlink?.recovery);
export const nicErrors: Quantity = ({ nic }) => sumKnown(nic?.symbol, nic?.linkDowned, nic?.receive);

function sumKnown(...values: (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0);
}

/** Growing here, faster than at its peers and than it usually does. */
function raised({ value, peers }: Compared, usual: number | undefined, perMinute = 1): boolean {
  if (value === undefined || !(value > 0)) return false;
  if (peers !== undefined && value <= timesPeers * peers.median) return false;
  return usual === undefined || value * perMinute > usual;
}

export const pcie: CauseRow = ({ suspect, peers, baseline }) => {
  const rate = compare(replays, suspect, peers);
  const narrower = [compare(generation, suspect, peers), compare(width, suspect, peers)].some(
    (compared) =>
      compared.value !== undefined && compared.peers !== undefined && compared.value < compared.peers.median,
  );
  const replaying = raised(rate, baseline.pcieReplaysPerMinute);
  if (!narrower && !replaying) return undefined;
  return {
    code: "pcie",
    text: narrower
      ? "the GPU's PCIe link runs slower or narrower than its peers': reseat it, check riser and slot"
      : "the GPU's PCIe link repeats transfers: check seating, riser and slot",
    confidence: narrower && replaying ? "high" : "medium",
    evidence: pcieEvidence(suspect, peers),
  };
};

function pcieEvidence(suspect: GpuWindow, peers: readonly GpuWindow[]): Evidence[] {
  return [
    ...evidenceOf("PCIe replays", "per minute", compare(replays, suspect, peers)),
    ...evidenceOf("PCIe generation", "", compare(generation, suspect, peers)),
    ...evidenceOf("PCIe width", "lanes", compare(width, suspect, peers)),
  ];
}

export const nvlink: CauseRow = ({ suspect, peers, baseline }) => {
  if (!raised(compare(nvlinkErrors, suspect, peers), baseline.nvlinkErrorsPerMinute, 60 / suspect.seconds))
    return undefined;
  return {
    code: "nvlink",
    text: "errors on the GPU's NVLinks: check NVLink state, seating and the switch",
    confidence: peers.length > 0 ? "high" : "medium",
    evidence: nvlinkEvidence(suspect, peers),
  };
};

export const nic: CauseRow = (suspicion) => {
  const { suspect, baseline } = suspicion;
  const peers = onOtherNodes(suspicion);
  if (!raised(compare(nicErrors, suspect, peers), baseline.nicErrorsPerMinute, 60 / suspect.seconds)) return undefined;
  const on = suspect.node === undefined ? "the node" : suspect.node;
  return {
    code: "nic",
    text: `errors on the network ports of ${on}: check cable, transceiver and switch port`,
    confidence: peers.length > 0 ? "high" : "medium",
    evidence: nicEvidence(suspicion),
  };
};

/** The ports are the node's: a GPU of the same node has the same numbers and is no comparison. */
function onOtherNodes({ suspect, peers }: Suspicion): readonly GpuWindow[] {
  return suspect.node === undefined ? peers : peers.filter(({ node }) => node !== suspect.node);
}

export function linkEvidence(suspicion: Suspicion): Evidence[] {
  const { suspect, peers } = suspicion;
  return [...nvlinkEvidence(suspect, peers), ...nicEvidence(suspicion), ...pcieEvidence(suspect, peers)];
}

function nvlinkEvidence(suspect: GpuWindow, peers: readonly GpuWindow[]): Evidence[] {
  const count = (what: string, quantity: Quantity) => evidenceOf(what, "", compare(quantity, suspect, peers));
  return [
    ...count("NVLink CRC errors in the window", (window) => window.nvlink?.crc),
    ...count("NVLink replays in the window", (window) => window.nvlink?.replay),
    ...count("NVLink recoveries in the window", (window) => window.nvlink?.recovery),
  ];
}

function nicEvidence(suspicion: Suspicion): Evidence[] {
  const peers = onOtherNodes(suspicion);
  const count = (what: string, quantity: Quantity) => evidenceOf(what, "", compare(quantity, suspicion.suspect, peers));
  return [
    ...count("symbol errors of the node's ports in the window", (window) => window.nic?.symbol),
    ...count("times a port of the node went down in the window", (window) => window.nic?.linkDowned),
    ...count("receive errors of the node's ports in the window", (window) => window.nic?.receive),
  ];
}

/** Where the members of a group sit: inside one node NVLink carries them, between nodes the network. */
export function linkRows(suspects: readonly GpuWindow[]): readonly CauseRow[] {
  const nodes = new Set(suspects.map(({ node }) => node));
  if (nodes.has(undefined) || suspects.length < 2) return [stronger];
  return nodes.size === 1 ? [nvlink] : [nic, nvlink];
}

/** Where it is not known which way the group goes, the counters that rise more than the peers' tell. */
const stronger: CauseRow = (suspicion): CauseFound | undefined => {
  const overNvlink = nvlink(suspicion);
  const overNic = nic(suspicion);
  if (overNvlink === undefined || overNic === undefined) return overNvlink ?? overNic;
  const times = ({ value = 0, peers }: Compared) => value / (1 + (peers?.median ?? 0));
  const nvlinkTimes = times(compare(nvlinkErrors, suspicion.suspect, suspicion.peers));
  const nicTimes = times(compare(nicErrors, suspicion.suspect, onOtherNodes(suspicion)));
  return { ...(nicTimes > nvlinkTimes ? overNic : overNvlink), confidence: "low" };
};
