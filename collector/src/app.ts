/** The collector: discover -> scrape (fetch, parse, label) -> publish -> log. */
import { hostname } from "node:os";
import type { LockstepConfig } from "@lockstep/config/config";
import { loadConfig } from "@lockstep/config/load";
import { formatProblem } from "@lockstep/config/problem";
import { compileRelabel } from "@lockstep/config/relabel";
import type { LogProducer } from "@lockstep/log/log";
import type { Logger } from "@lockstep/process/process";
import { HEARTBEAT_INTERVAL_MS } from "@lockstep/schemas/process/heartbeat";
import { ConfigError } from "./config-error.ts";
import { createDiscovery, type Discovery } from "./discover/discovery.ts";
import { Publisher } from "./publish/publisher.ts";
import type { BearerToken } from "./receive/bearer-token.ts";
import { startControlServer } from "./receive/control-server.ts";
import { ScrapePools } from "./scrape/scrape-pools.ts";

export type CollectorOptions = {
  /** A prometheus.yml; undefined: nothing to scrape yet. */
  readonly configFile: string | undefined;
  /** Opens the log, bounded to that many bytes where it lies on this disk. */
  readonly openProducer: (maxBytes: number | undefined) => Promise<LogProducer>;
  readonly log: Logger;
  readonly host: string;
  readonly port: number;
  readonly token: BearerToken | undefined;
  /** Of this `lockstep start`: rows of an earlier one no longer count. */
  readonly run: string;
  readonly now: () => number;
};

type Warning = { path: string; line: number | null; message: string };
type Loaded = { readonly config: LockstepConfig; readonly warnings: readonly Warning[] };
type Reload = { at: number; ok: boolean; error: string | null };

/** Rows that wait in memory while the log takes none: about 60 MB. */
const MAX_HELD_ROWS = 2_000_000;
const FLUSH_MS = 2000;
const MIN_FLUSH_MS = 100;

export class Collector {
  readonly #options: CollectorOptions;
  readonly #producer: LogProducer;
  readonly #publisher: Publisher;
  readonly #pools: ScrapePools;
  readonly #started: number;
  #loaded: Loaded | undefined;
  #lastReload: Reload;
  /** Faults of discovered files and targets, by pool. */
  readonly #problems = new Map<string, Warning[]>();
  #discovery: Discovery | undefined;
  #server: { stop(): Promise<void> } | undefined;
  #heartbeat: NodeJS.Timeout | undefined;

  private constructor(options: CollectorOptions, producer: LogProducer, loaded: Loaded | undefined) {
    const { now, log, run } = options;
    this.#options = options;
    this.#producer = producer;
    this.#loaded = loaded;
    this.#started = now();
    this.#lastReload = { at: this.#started, ok: true, error: null };
    this.#publisher = new Publisher({
      producer,
      now,
      flushMs: FLUSH_MS,
      maxHeldRows: MAX_HELD_ROWS,
      onTrouble: (trouble) => {
        if (trouble) log.error({ err: trouble }, "the log takes no blocks; pages wait in memory");
        else log.warn("the log takes blocks again");
      },
    });
    this.#pools = new ScrapePools({ publisher: this.#publisher, compileRelabel, now, run });
  }

  /** Rejects with ConfigError where the configuration cannot be used. */
  static async start(options: CollectorOptions): Promise<Collector> {
    const loaded = options.configFile === undefined ? undefined : await load(options.configFile, options.log);
    const producer = await options.openProducer(loaded?.config.lockstep.spool.maxBytes);
    const collector = new Collector(options, producer, loaded);
    await collector.#start();
    return collector;
  }

  async #start(): Promise<void> {
    const { host, port, token } = this.#options;
    this.#server = await startControlServer({ host, port, token, reload: () => this.reload() });
    await this.#apply();
    this.#publisher.start();
    this.#beat();
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_INTERVAL_MS);
  }

  /** Reads the configuration again. A bad one changes nothing, and the error says why. */
  async reload(): Promise<string> {
    const { configFile, log, now } = this.#options;
    if (configFile === undefined) return "No configuration file was given, so there is nothing to reload.";
    try {
      this.#loaded = await load(configFile, log);
    } catch (error) {
      this.#lastReload = { at: now(), ok: false, error: (error as Error).message };
      this.#beat();
      throw error;
    }
    await this.#apply();
    this.#lastReload = { at: now(), ok: true, error: null };
    this.#beat();
    log.info({ configFile }, "configuration reloaded");
    return `Reloaded ${configFile}.`;
  }

  async #apply(): Promise<void> {
    const config = this.#loaded?.config;
    if (config === undefined) return;
    await this.#discovery?.stop();
    this.#problems.clear();
    const intervals = config.scrapeConfigs.map(({ scrapeIntervalMs }) => scrapeIntervalMs);
    // Less than an interval, so that a kill of this process costs a target one page at the most.
    this.#publisher.setFlushMs(Math.max(MIN_FLUSH_MS, Math.min(FLUSH_MS, ...intervals.map((ms) => ms / 2))));
    this.#pools.keep(new Set(config.scrapeConfigs.map(({ jobName }) => jobName)));
    this.#discovery = createDiscovery({
      config,
      log: this.#options.log,
      onTargets: (pool, targets, problems) => {
        this.#pools.set(pool, targets, config.lockstep.strict);
        this.#problems.set(
          pool,
          problems.map(({ source, message }) => ({ path: source, line: null, message })),
        );
      },
    });
    await this.#discovery.start();
  }

  #beat(): void {
    const { configFile, run, now } = this.#options;
    const detail = {
      configFile: configFile ?? null,
      warnings: [...(this.#loaded?.warnings ?? []), ...[...this.#problems.values()].flat()],
      lastReload: this.#lastReload,
      backlogBytes: this.#producer.backlogBytes(),
    };
    this.#publisher.row(
      "processes",
      {
        process: "collector",
        host: hostname(),
        pid: process.pid,
        run,
        started: this.#started,
        detail: JSON.stringify(detail),
        updated: now(),
      },
      true,
    );
  }

  /** Ends without staleness markers, as Prometheus does: the next start goes on with the same series. */
  async stop(): Promise<void> {
    clearInterval(this.#heartbeat);
    await this.#server?.stop();
    await this.#discovery?.stop();
    await this.#pools.stop();
    await this.#publisher.stop();
    await this.#producer.close();
  }
}

async function load(file: string, log: Logger): Promise<Loaded> {
  const result = await loadConfig(file);
  if (!result.ok) throw new ConfigError(result.errors.map(formatProblem).join("\n"));
  for (const warning of result.warnings) log.warn(formatProblem(warning));
  const warnings = result.warnings.map(({ path, line, message }) => ({ path, line: line ?? null, message }));
  return { config: result.config, warnings };
}
