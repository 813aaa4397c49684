/**
 * Takes what is posted, many posts in one append: all that comes while a round is written makes up the next one. A post is
 * acknowledged when its rows are in the spool, and in the same transaction it is noted there that it was taken.
 */
import type { StoredObserved } from "@lockstep/analysis/drift/stored-observed";
import type { StreamPoint } from "@lockstep/formats/otlp/cumulative";
import { LogError, type NotingProducer, type OutgoingBlock } from "@lockstep/log/log";
import { histogramBlocks } from "./intake-blocks.ts";
import { IntakeState } from "./intake-state.ts";
import { PostedSeries, type SeriesSample } from "./posted-series.ts";

/** What was taken, by this round so far or before. */
export type Known = {
  /** Content of what was taken under this key within the last hour. */
  taken(key: string): string | undefined;
  stream(id: string): StreamPoint | undefined;
  /** Streams are known in bounds. */
  readonly roomForStreams: boolean;
};

/** What a post changes. */
export type Changes = {
  readonly rows?: readonly StoredObserved[];
  readonly samples?: readonly SeriesSample[];
  /** Content by key. */
  readonly taken?: ReadonlyMap<string, string>;
  readonly streams?: ReadonlyMap<string, StreamPoint>;
};

/** Decides about a post; may throw, and then nothing of it is kept. */
export type Decide<T> = (known: Known) => { readonly answer: T; readonly changes?: Changes };

export type IntakeOptions = {
  readonly producer: NotingProducer;
  /** Over how many lanes series are spread. */
  readonly lanes: number;
  readonly now: () => number;
  readonly onAppended?: (blocks: readonly OutgoingBlock[]) => void;
  /** Called when the log begins to refuse (with why) and when it takes rounds again (undefined). */
  readonly onTrouble?: (trouble: Error | undefined) => void;
};

type Waiting = {
  readonly bytes: number;
  readonly decide: Decide<unknown>;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
};

/** Of bodies in one round. */
const MAX_ROUND_BYTES = 16 * 2 ** 20;
const MAX_ROUND_POSTS = 2_000;
const MAX_STREAMS = 500_000;
const SWEEP_MS = 86_400_000;

export class Intake {
  readonly #options: IntakeOptions;
  readonly #series: PostedSeries;
  readonly #waiting: Waiting[] = [];
  readonly #state: IntakeState;
  #rounds: Promise<void> | undefined;
  #trouble: Error | undefined;
  #sweptAt = 0;
  #closed = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#series = new PostedSeries(options.lanes);
    this.#state = new IntakeState(options.producer.notes);
  }

  /** `bytes` of its body. Rejects with what `decide` throws, or with LogError where the log takes nothing. */
  take<T>(bytes: number, decide: Decide<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new LogError("closed", "the collector is ending"));
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ bytes, decide, resolve: resolve as (answer: unknown) => void, reject });
      this.#begin();
    });
  }

  #begin(): void {
    this.#rounds ??= this.#run().finally(() => {
      this.#rounds = undefined;
      // A post that came behind the last look at what waits.
      if (this.#waiting.length > 0) this.#begin();
    });
  }

  async #run(): Promise<void> {
    // Posts whose bodies have come by now are of the first round already.
    await new Promise((resolve) => setImmediate(resolve));
    do {
      const posts = this.#nextPosts();
      try {
        await this.#round(posts);
        this.#tell(undefined);
      } catch (error) {
        // Labels of series that were not sent have to go with the next ones.
        this.#series.forget();
        for (const { reject } of posts) reject(error);
        this.#tell(error as Error);
      }
    } while (this.#waiting.length > 0);
  }

  #nextPosts(): Waiting[] {
    let [posts, bytes] = [0, 0];
    for (const waiting of this.#waiting) {
      bytes += waiting.bytes;
      if (posts > 0 && (bytes > MAX_ROUND_BYTES || posts >= MAX_ROUND_POSTS)) break;
      posts++;
    }
    return this.#waiting.splice(0, posts);
  }

  async #round(posts: readonly Waiting[]): Promise<void> {
    const { now, producer, onAppended } = this.#options;
    const at = now();
    const { settled, rows, samples, taken, streams } = this.#decide(posts, at);
    const blocks = [...this.#series.blocks(samples, at), ...histogramBlocks(rows)];
    if (taken.size > 0 || streams.size > 0 || blocks.length > 0) {
      const forgotten = this.#oldStreams(at).map((id): [string, undefined] => [id, undefined]);
      const changed = new Map<string, StreamPoint | undefined>([...forgotten, ...streams]);
      await producer.append(blocks, { notes: this.#state.changes({ at, taken, streams: changed }) });
      onAppended?.(blocks);
    }
    for (const settle of settled) settle();
  }

  #decide(posts: readonly Waiting[], at: number) {
    const state = this.#state;
    const rows: StoredObserved[] = [];
    const samples: SeriesSample[] = [];
    const taken = new Map<string, string>();
    const streams = new Map<string, StreamPoint>();
    const settled: (() => void)[] = [];
    const before = state.takenBefore(at);
    let count: number | undefined;
    const known: Known = {
      taken: (key) => taken.get(key) ?? before(key),
      stream: (id) => streams.get(id) ?? state.stream(id),
      get roomForStreams() {
        count ??= state.streams();
        return count + streams.size < MAX_STREAMS;
      },
    };
    for (const { decide, resolve, reject } of posts) {
      try {
        const { answer, changes } = decide(known);
        for (const row of changes?.rows ?? []) rows.push(row);
        for (const sample of changes?.samples ?? []) samples.push(sample);
        for (const [key, content] of changes?.taken ?? []) taken.set(key, content);
        for (const [id, point] of changes?.streams ?? []) streams.set(id, point);
        settled.push(() => resolve(answer));
      } catch (error) {
        settled.push(() => reject(error));
      }
    }
    return { settled, rows, samples, taken, streams };
  }

  #tell(trouble: Error | undefined): void {
    if (trouble?.message !== this.#trouble?.message) this.#options.onTrouble?.(trouble);
    this.#trouble = trouble;
  }

  #oldStreams(at: number): string[] {
    if (at - this.#sweptAt < SWEEP_MS) return [];
    this.#sweptAt = at;
    return this.#state.oldStreams(at);
  }

  /** Resolves when all that was handed over is settled; the producer stays open. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#rounds !== undefined) await this.#rounds;
  }
}
