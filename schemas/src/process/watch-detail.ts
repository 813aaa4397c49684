/** The detail of watch's heartbeat in `processes`, JSON: what the pages tell of its judging beside the findings. */
import { z } from "zod";

const judgedJob = z.object({
  job: z.string(),
  /** First step of the newest window judged, and when that was (Unix ms); null before the first. */
  judgedStep: z.number().nullable(),
  judgedAt: z.number().nullable(),
  /** Steps of a window, fewer than usual where the job is very large. */
  windowSteps: z.number(),
  /** Why there is no verdict on stragglers, or on a silence, and what to set or wait for; empty: all is judged. */
  notEnoughData: z.array(z.string()),
  /** steps: it makes steps. silent: it makes none, and nothing tells why. hang: a finding says who holds it up. */
  progress: z.enum(["steps", "silent", "hang"]),
});

const judgedModel = z.object({
  model: z.string(),
  /** End of the newest window judged, and when that was (Unix ms). */
  judgedUntil: z.number(),
  judgedAt: z.number(),
  /** Why some of it has no verdict, and what to set or wait for; empty: all is judged. */
  notEnoughData: z.array(z.string()),
});

/** Watches that stand by tell `leads` alone. */
export const watchDetail = z.object({
  leads: z.boolean(),
  /** At most MAX_DETAIL_JOBS, the most recently heard. */
  jobs: z.array(judgedJob).optional(),
  /** At most MAX_DETAIL_JOBS, the most recently judged. */
  models: z.array(judgedModel).optional(),
  /** What is wrong with the topology or mapping file; the last good content is used meanwhile. */
  fileProblems: z.array(z.string()).optional(),
});

export type JudgedJob = z.infer<typeof judgedJob>;
export type JudgedModel = z.infer<typeof judgedModel>;
export type WatchDetail = z.infer<typeof watchDetail>;

export const MAX_DETAIL_JOBS = 200;
