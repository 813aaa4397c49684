/**
 * What is asked of the evidence before somebody is named. Defaults in docs/straggler.md; where a default has to differ (a link that is
 * exactly 1.2 times slower must be found, and noise puts half of its estimates below 1.2) the reason stands beside the number.
 */
export type Thresholds = {
  /** Rank, stage and own history: median ratio of self time to the peers'. */
  readonly score: number;
  /** Robust z by the peers' noise, at least: it grows with the number of comparisons (false-alarm-budget.ts). */
  readonly z: number;
  /** A step counts as slow from this ratio on ... */
  readonly slowStep: number;
  /** ... and this share of the steps heard must be slow: sequence lengths put one step in four above 1.1, but not three in four. */
  readonly persistence: number;
  /** Impact gate: median lateness in one of its groups, as a share of the step. */
  readonly lateness: number;
  /** Transfer time of a group against its class. Below Greyhound's 1.2, so that a link of exactly 1.2 is not found by a coin's toss. */
  readonly transferRatio: number;
  /** Smallest scale a z is computed with, as a share of the median: peers that agree by chance are no evidence. */
  readonly scaleFloor: number;
  /** A rank with fewer peers heard than this is compared with its own past instead. */
  readonly minPeers: number;
  /** Fewer steps are not judged. */
  readonly minSteps: number;
  /**
   * Chance that noise alone makes two windows in a row name anybody, shared by all comparisons of one sort (ranks, nodes,
   * stages, groups). Ratio, persistence and impact are asked for as well, so incidents are rarer by far.
   */
  readonly falseAlarmsPerIncident: number;
  /** Of a node's ranks that must be slow before the node is blamed, beside a binomial tail below `nodeTail`. */
  readonly nodeShare: number;
  readonly nodeTail: number;
  /** Share of the step that uneven work must cost before it is reported: steps are 1.1 times longer for it then. */
  readonly imbalanceShare: number;
  /** Where replicas are single ranks, so that nothing shows that a batch is shared: the least coefficient of variation between them. */
  readonly imbalanceCv: number;
};

export const defaultThresholds: Thresholds = {
  score: 1.1,
  z: 4,
  slowStep: 1.05,
  persistence: 0.6,
  lateness: 0.01,
  transferRatio: 1.15,
  scaleFloor: 0.01,
  minPeers: 3,
  minSteps: 8,
  falseAlarmsPerIncident: 1e-5,
  nodeShare: 0.5,
  nodeTail: 0.01,
  imbalanceShare: 1 - 1 / 1.1,
  imbalanceCv: 0.1,
};
