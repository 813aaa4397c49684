import type { ScrapeConfig } from "@lockstep/config/config";
import { buildTargets, type TargetSpec } from "@lockstep/config/target";
import { TargetFiles } from "./target-files.ts";
import { watchFolders } from "./watch-folders.ts";

/** A fault of a discovered file or target; `source` is the file or group it stands in. */
export type DiscoveryProblem = { readonly pool: string; readonly source: string; readonly message: string };

export type DiscoveryOptions = {
  readonly scrapeConfigs: readonly ScrapeConfig[];
  /** All targets of a pool, whenever they may have changed, and once at the start. `dropped` counts those relabelled away. */
  readonly onTargets: (pool: string, targets: TargetSpec[], problems: DiscoveryProblem[], dropped: number) => void;
  readonly log: { warn(fields: object, message: string): void; error(fields: object, message: string): void };
  /** How often files are looked at where the system does not tell of changes. */
  readonly pollMs?: number;
};

export type Discovery = {
  /** Resolves once every pool has been told its first targets. */
  start(): Promise<void>;
  /** No call of `onTargets` comes after it resolves. */
  stop(): Promise<void>;
};

const POLL_MS = 5_000;
const MIN_REFRESH_MS = 1_000;

/** Finds the targets of every scrape config: static ones at once, those of files as the files come, change and go. */
export function createDiscovery(options: DiscoveryOptions): Discovery {
  const pools = options.scrapeConfigs.map((scrape) => new Pool(scrape, options));
  return {
    async start() {
      await Promise.all(pools.map((pool) => pool.start()));
    },
    async stop() {
      await Promise.all(pools.map((pool) => pool.stop()));
    },
  };
}

class Pool {
  readonly #scrape: ScrapeConfig;
  readonly #options: DiscoveryOptions;
  readonly #files: TargetFiles;
  #timer: NodeJS.Timeout | undefined;
  #unwatch: (() => void) | undefined;
  #stopped = false;
  #refreshing: Promise<void> | undefined;
  #refreshAgain = false;
  #readAllAt = 0;
  #reported = "";

  constructor(scrape: ScrapeConfig, options: DiscoveryOptions) {
    this.#scrape = scrape;
    this.#options = options;
    this.#files = new TargetFiles(scrape.fileSdConfigs, scrape.nameScheme);
  }

  async start(): Promise<void> {
    const { fileSdConfigs } = this.#scrape;
    if (fileSdConfigs.length === 0) {
      this.#tell();
      return;
    }
    // Static targets need not wait for a slow disk.
    if (this.#scrape.staticConfigs.length > 0) {
      this.#tell();
    }
    const patterns = fileSdConfigs.flatMap(({ files }) => files);
    this.#unwatch = watchFolders(patterns, () => void this.#refresh());
    await this.#refresh(true);
    const { pollMs = POLL_MS } = this.#options;
    if (!this.#stopped) {
      this.#timer = setInterval(() => void this.#refresh(), Math.min(pollMs, this.#refreshMs()));
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#unwatch?.();
    await this.#refreshing;
  }

  #refreshMs(): number {
    return Math.max(MIN_REFRESH_MS, Math.min(...this.#scrape.fileSdConfigs.map((config) => config.refreshIntervalMs)));
  }

  /** One at a time; a call while one runs makes it run once more. */
  #refresh(first = false): Promise<void> {
    if (this.#refreshing !== undefined) {
      this.#refreshAgain = true;
      return this.#refreshing;
    }
    this.#refreshing = this.#refreshOnce(first).finally(() => {
      this.#refreshing = undefined;
      if (this.#refreshAgain && !this.#stopped) {
        this.#refreshAgain = false;
        void this.#refresh();
      }
    });
    return this.#refreshing;
  }

  async #refreshOnce(first: boolean): Promise<void> {
    try {
      const now = performance.now();
      const readAll = first || now - this.#readAllAt >= this.#refreshMs();
      this.#readAllAt = readAll ? now : this.#readAllAt;
      if ((await this.#files.refresh(readAll)) || first) {
        this.#tell();
      }
    } catch (error) {
      this.#options.log.error({ err: error, pool: this.#scrape.jobName }, "target discovery failed");
    }
  }

  #tell(): void {
    if (this.#stopped) {
      return;
    }
    const pool = this.#scrape.jobName;
    const groups = [...this.#scrape.staticConfigs, ...this.#files.groups()];
    const { targets, dropped, errors } = buildTargets(this.#scrape, groups);
    const problems: DiscoveryProblem[] = this.#files.problems().map((problem) => ({ pool, ...problem }));
    for (const { source, target, message } of errors) {
      const place = /^\d+$/.test(source) ? `static_configs[${source}]` : source;
      problems.push({ pool, source: place, message: `${place} target ${JSON.stringify(target)}: ${message}` });
    }
    this.#log(problems);
    this.#options.onTargets(pool, targets, problems, dropped);
  }

  /** Each state of problems once, not at every refresh. */
  #log(problems: readonly DiscoveryProblem[]): void {
    const messages = problems.slice(0, 20).map(({ message }) => message);
    const text = messages.join("\n");
    if (problems.length > 0 && text !== this.#reported) {
      this.#options.log.warn({ pool: this.#scrape.jobName, problems: messages }, "problems in target discovery");
    }
    this.#reported = text;
  }
}
