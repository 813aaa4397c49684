/**
 * How a process is told where things are. `lockstep start` sets these; a distributed deployment sets them by hand.
 * Each process reads only what it needs.
 */
import { z } from "zod";

const port = z.coerce.number().int().min(0).max(65535);

export const processEnv = z.object({
  /** Folder of everything Lockstep writes: clickhouse/, spool/, logs/, secrets/, run/. */
  LOCKSTEP_DATA: z.string().min(1),
  /** A prometheus.yml. Absent only for processes that do not read it. */
  LOCKSTEP_CONFIG: z.string().optional(),
  /** "1" while the simulated cluster feeds this system: every page says so. */
  LOCKSTEP_DEMO: z.enum(["0", "1"]).default("0"),
  /** Random per `lockstep start`; marks heartbeats of this start. */
  LOCKSTEP_RUN: z.string().default("manual"),
  LOCKSTEP_HOST: z.string().default("127.0.0.1"),
  LOCKSTEP_PORT: port.default(3000),
  LOCKSTEP_RECEIVE_PORT: port.default(4318),
  /** Where the simulated exporters listen. */
  LOCKSTEP_DEMO_PORT: port.default(9400),
  LOCKSTEP_CLICKHOUSE_URL: z.string().default("http://127.0.0.1:8123"),
  LOCKSTEP_CLICKHOUSE_USER: z.string().default("lockstep"),
  LOCKSTEP_CLICKHOUSE_PASSWORD_FILE: z.string().optional(),
  LOCKSTEP_CLICKHOUSE_DATABASE: z.string().default("lockstep"),
  /** Bearer token required of every request when a listener is not on loopback. */
  LOCKSTEP_TOKEN_FILE: z.string().optional(),
  LOCKSTEP_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

export type ProcessEnv = z.infer<typeof processEnv>;
