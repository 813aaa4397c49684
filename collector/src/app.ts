/** The collector: discover -> scrape (fetch, parse, label) -> publish -> log. */
import { join } from "node:path";
import type { LockstepConfig, LockstepSection, ScrapeConfig } from "@lockstep/config/config";
import { loadConfig } from "@lockstep/config/load";
import { formatProblem } from "@lockstep/config/problem";
import { compileRelabel } from "@lockstep/config/relabel";
import type { NotingProducer } from "@lockstep/log/log";
import { ConfigError } from "@lockstep/process/config-error";
import type { Meter } from "@lockstep/process/metrics";
import type { Logger } from "@lockstep/process/process";
import { HEARTBEAT_INTERVAL_MS } from "@lockstep/schemas/process/heartbeat";
import { SELF_JOB } from "@lockstep/schemas/process/self-metrics";
import { createDiscovery, type Discovery } from "./discover/discovery.ts";
import { inShard, type Shard } from "./discover/shard.ts";
import type { Forwarding } from "./publish/forwarding.ts";
import { Intake } from "./publish/intake.ts";
import { Publisher } from "./publish/publisher.ts";
import { createTraceLog } from "./publish/trace-log.ts";
import type { BearerToken } from "./receive/bearer-token.ts";
import { collectivesRoute } from "./receive/collectives-route.ts";
import { startControlServer } from "./receive/control-server.ts";
import { metricsRoute } from "./receive/metrics-route.ts";
import { observationsRoute } from "./receive/observations-route.ts";
import { PostedLines } from "./receive/posted-lines.ts";
import { ScrapePools } from "./scrape/scrape-pools.ts";
import { observeSpool, observeTraces, publisherCounts } from "./self-metrics.ts";
import type { TraceSink } from "./tail/trace-sink.ts";
import { Traces } from "./tail/traces.ts";

/** The log, and what moves it on to Kafka where the spool is not all of it. */
export type CollectorLog = {
  readonly producer: NotingProducer;
  readonly forwarding: Forwarding | undefined;
};

/** Opens the log within the bounds of the configuration; undefined where there is none. */
export type OpenLog = (spool: LockstepSection["spool"] | undefined) => Promise<CollectorLog>;

export type CollectorOptions = {
  /** A prometheus.yml; undefined: nothing to scrape yet. */
  readonly configFile: string | undefined;
  readonly openLog: OpenLog;
  /** Where it is noted how far trace files were read. */
  readonly data: string;
  /** Over how many lanes the targets are spread. */
  readonly lanes: number;
  /** The longest that pages are gathered; half the shortest scrape interval where that is less. */
  readonly flushMs: number;
  /** Which part of the targets are this collector's; undefined: all. */
  readonly shard: Shard | undefined;
  /** Lockstep's own processes, scraped besides what the configuration says. */
  readonly self: ScrapeConfig | undefined;
  readonly log: Logger;
  readonly meter: Meter;
  readonly host: string;
  readonly port: number;
  readonly token: BearerToken | undefined;
  /** Tells collectors apart in heartbeats. */
  readonly instance: string;
  /** Of this `lockstep start`: rows of an earlier one no longer count. */
  readonly run: string;
  readonly now: () => number;
};

type Warning = { path: string; line: number | null; message: string };
type Loaded = { readonly config: LockstepConfig; readonly warnings: readonly Warning[] };
type Reload = { at: number; ok: boolean; error: string | null };

/** Rows that wait in memory while the log takes none: about 60 MB. */
const MAX_HELD_ROWS = 2_000_000;
const MIN_FLUSH_MS = 100;

export class Collector {
  readonly #options: CollectorOptions;
  readonly #producer: NotingProducer;
  readonly #forwarding: Forwarding | undefined;
  readonly #intake: Intake;
  readonly #publisher: Publisher;
  readonly #pools: ScrapePools;
  readonly #started: number;
  #loaded: Loaded | undefined;
  #lastReload: Reload;
  /** Faults of discovered files and targets, by pool. */
  readonly #problems = new Map<string, Warning[]>();
  #discovery: Discovery | undefined;
  readonly #traceSink: TraceSink;
  readonly #posted: PostedLines;
  #traces: { readonly of: string; readonly follower: Traces } | undefined;
  #server: { stop(): Promise<void> } | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #warnedOfSelfJob = false;

  private constructor(options: CollectorOptions, opened: CollectorLog, loaded: Loaded | undefined) {
    const { now, log, run, lanes, flushMs, meter } = options;
    const { producer, forwarding } = opened;
    const counts = publisherCounts(meter);
    this.#options = options;
    this.#producer = producer;
    this.#forwarding = forwarding;
    this.#loaded = loaded;
    this.#started = now();
    this.#lastReload = { at: this.#started, ok: true, error: null };
    this.#publisher = new Publisher({
      producer,
      now,
      lanes,
      flushMs,
      maxHeldRows: MAX_HELD_ROWS,
      counts,
      onTrouble: (trouble) => {
        if (trouble) log.error({ err: trouble }, "the log takes no blocks; pages wait in memory");
        else log.warn("the log takes blocks again");
      },
    });
    this.#intake = new Intake({
      producer,
      lanes,
      now,
      onAppended: counts.appended,
      onTrouble: (trouble) => {
        if (trouble) log.error({ err: trouble }, "posts cannot be taken; their senders are told to try again");
        else log.warn("posts are taken again");
      },
    });
    this.#pools = new ScrapePools({ publisher: this.#publisher, compileRelabel, now, run });
    this.#traceSink = createTraceLog({ producer, publisher: this.#publisher, lanes, now });
    this.#posted = new PostedLines({
      folder: join(options.data, "posted-collectives"),
      behindBytes: () => this.#postedStatus()?.counts.behindBytes ?? 0,
      now,
    });
    observeSpool(meter, producer, now);
    observeTraces(meter, () => this.#traces?.follower.status() ?? []);
  }

  /** Rejects with ConfigError where the configuration cannot be used. */
  static async start(options: CollectorOptions): Promise<Collector> {
    const loaded = options.configFile === undefined ? undefined : await load(options.configFile, options.log);
    const opened = await options.openLog(loaded?.config.lockstep.spool);
    const collector = new Collector(options, opened, loaded);
    await collector.#start();
    return collector;
  }

  async #start(): Promise<void> {
    const { host, port, token, now } = this.#options;
    this.#server = await startControlServer({
      host,
      port,
      token,
      reload: () => this.reload(),
      posts: {
        "/v1/collectives": collectivesRoute(this.#posted),
        "/v1/metrics": metricsRoute(this.#intake, now),
        "/v1/observations": observationsRoute(this.#intake, now),
      },
    });
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
    const scrapeConfigs = this.#scrapeConfigs(config);
    await this.#discovery?.stop();
    this.#problems.clear();
    this.#publisher.setFlushMs(flushIntervalMs(this.#options.flushMs, config?.scrapeConfigs ?? []));
    this.#pools.keep(new Set(scrapeConfigs.map(({ jobName }) => jobName)));
    const { shard, log } = this.#options;
    this.#discovery = createDiscovery({
      scrapeConfigs,
      log,
      onTargets: (pool, targets, problems) => {
        const ours = shard === undefined ? targets : targets.filter((target) => inShard(target, shard));
        this.#pools.set(pool, ours, config?.lockstep.strict ?? false);
        this.#problems.set(
          pool,
          problems.map(({ source, message }) => ({ path: source, line: null, message })),
        );
      },
    });
    await this.#discovery.start();
    await this.#follow(config);
  }

  /** Begins anew only where the traces are others: what is being folded is taken up from its last noted state. */
  async #follow(config: LockstepConfig | undefined): Promise<void> {
    const posted = { kind: "lines", files: this.#posted.files } as const;
    const traces = [...(config?.traces.sources ?? []), posted];
    const of = JSON.stringify(traces);
    if (this.#traces?.of === of) return;
    await this.#traces?.follower.stop();
    this.#traces = undefined;
    const { data, log, now, instance } = this.#options;
    const onFatal = (error: unknown) =>
      log.error({ err: error }, "trace files are no longer followed; a reload begins anew");
    const follower = new Traces({ traces, data, sink: this.#traceSink, log, onFatal, node: instance, now });
    this.#traces = { of, follower };
  }

  #postedStatus() {
    return this.#traces?.follower.status().find(({ files }) => files === this.#posted.files);
  }

  /** Those of the configuration, and our own processes unless a job of that name says otherwise. */
  #scrapeConfigs(config: LockstepConfig | undefined): readonly ScrapeConfig[] {
    const configured = config?.scrapeConfigs ?? [];
    const { self, log } = this.#options;
    if (self === undefined) return configured;
    if (!configured.some(({ jobName }) => jobName === SELF_JOB)) return [...configured, self];
    if (!this.#warnedOfSelfJob) {
      log.warn(`the configuration has a job ${SELF_JOB}; it is scraped in place of LOCKSTEP_SELF_TARGETS`);
    }
    this.#warnedOfSelfJob = true;
    return configured;
  }

  #beat(): void {
    const { configFile, run, now, instance } = this.#options;
    const spool = this.#producer.stats();
    const detail = {
      configFile: configFile ?? null,
      warnings: [...(this.#loaded?.warnings ?? []), ...[...this.#problems.values()].flat()],
      lastReload: this.#lastReload,
      backlogBytes: spool.bytes,
      spoolBlocks: spool.blocks,
      spoolOldestAt: spool.oldestAt ?? null,
      kafka: this.#forwarding === undefined ? null : { away: this.#forwarding.away },
      traces: this.#traces?.follower.status() ?? [],
      jobsWithoutSteps: this.#traces?.follower.notEnoughData() ?? [],
    };
    this.#publisher.row(
      "processes",
      {
        process: "collector",
        host: instance,
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
    await this.#traces?.follower.stop();
    await this.#pools.stop();
    await this.#intake.close();
    try {
      await this.#publisher.stop();
    } finally {
      await this.#forwarding?.stop();
      await this.#producer.close();
    }
  }
}

/** Less than an interval, so that a kill of this process costs a target one page at the most. */
export function flushIntervalMs(longestMs: number, scrapeConfigs: readonly ScrapeConfig[]): number {
  const halves = scrapeConfigs.map(({ scrapeIntervalMs }) => scrapeIntervalMs / 2);
  return Math.max(MIN_FLUSH_MS, Math.min(longestMs, ...halves));
}

async function load(file: string, log: Logger): Promise<Loaded> {
  const result = await loadConfig(file);
  if (!result.ok) throw new ConfigError(result.errors.map(formatProblem).join("\n"));
  for (const warning of result.warnings) log.warn(formatProblem(warning));
  const warnings = result.warnings.map(({ path, line, message }) => ({ path, line: line ?? null, message }));
  return { config: result.config, warnings };
}
