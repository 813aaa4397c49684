/** What an operation of a step trace does, by the name that Megatron's timers give it. */

export type Direction = "forward" | "backward";

export type OptypeRole =
  | { readonly kind: "compute"; readonly direction: Direction }
  /** To the next stage in its direction, or from the one before. */
  | { readonly kind: "send" | "receive"; readonly direction: Direction }
  /** Whom it waits for: the replicas of its stage, the stages of its replica, or everybody. */
  | { readonly kind: "collective"; readonly among: "replicas" | "stages" | "all"; readonly gathersParameters: boolean }
  /** Ends by itself as far as the trace can tell: nobody recorded takes part in it. `transfers` is true of communication. */
  | { readonly kind: "local"; readonly transfers: boolean };

const compute = (direction: Direction): OptypeRole => ({ kind: "compute", direction });
const collective = (among: "replicas" | "stages" | "all", gathersParameters = false): OptypeRole => ({
  kind: "collective",
  among,
  gathersParameters,
});

const roles: ReadonlyMap<string, OptypeRole> = new Map<string, OptypeRole>([
  ["forward-compute", compute("forward")],
  ["backward-compute", compute("backward")],
  ["forward-send", { kind: "send", direction: "forward" }],
  ["forward-recv", { kind: "receive", direction: "forward" }],
  ["backward-send", { kind: "send", direction: "backward" }],
  ["backward-recv", { kind: "receive", direction: "backward" }],
  ["params-all-gather", collective("replicas", true)],
  ["grads-reduce-scatter", collective("replicas")],
  ["separate-grads-all-reduce", collective("replicas")],
  ["embedding-grads-all-reduce", collective("stages")],
  // The norm of all gradients, which every worker needs before it may step.
  ["optimizer-clip-main-grad", collective("all")],
  // Among tensor-parallel ranks, of which traces hold one.
  ["layernorm-grads-all-reduce", { kind: "local", transfers: true }],
]);

const communication = /all-reduce|all-gather|reduce-scatter|all-to-all|broadcast|barrier|-send|-recv/;

/** Names not known are local operations. */
export function roleOf(optype: string): OptypeRole {
  return roles.get(optype) ?? { kind: "local", transfers: communication.test(optype) };
}

/** Communication varies by outliers, so that its middle is the median; compute by its amount of work, so that it is the mean. */
export function isCommunication(role: OptypeRole): boolean {
  return role.kind === "local" ? role.transfers : role.kind !== "compute";
}

/** Both ends of the point-to-point operations of a direction are one thing to blame. */
export function optypeFamily(optype: string): string {
  const role = roleOf(optype);
  return role.kind === "send" || role.kind === "receive" ? `${role.direction}-pp-comm` : optype;
}
