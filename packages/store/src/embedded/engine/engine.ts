/** The engine: one data folder, and requests that each get a connection of their own, a slot, a deadline and an end. */
import { randomUUID } from "node:crypto";
import { ClickHouseException } from "../sql/exception.ts";
import { quoteName, quoteString } from "../sql/quote.ts";
import { resetStatement, setStatement } from "../sql/settings.ts";
import { Connection } from "./connection.ts";
import { type EngineLimits, serverArguments } from "./server-settings.ts";
import { type SessionRequest, Sessions } from "./sessions.ts";
import { type Lane, Slots, SlotsFull } from "./slots.ts";

/** The engine ends a query at its own max_execution_time; what goes past that by this much is killed. */
const DEADLINE_GRACE_MS = 2_000;
const KILL_REPEAT_MS = 200;

export type EngineOptions = EngineLimits & {
  readonly path: string;
  /** Statements at once. libuv must have two threads more than that. */
  readonly slots: number;
  readonly maxWaiting: number;
};

export type EngineRequest = {
  readonly lane: Lane;
  readonly database: string | undefined;
  readonly assignments: readonly (readonly [string, string])[];
  /** Seconds from the first statement on. */
  readonly seconds: number;
  readonly session: SessionRequest | undefined;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
};

export class Engine {
  readonly version: string;
  readonly timezone: string;
  readonly #path: string;
  /** Keeps the engine alive while no request does. */
  readonly #root: Connection;
  /** For KILL QUERY, which must not wait for a slot. */
  readonly #control: Connection;
  readonly #slots: Slots;
  readonly #sessions: Sessions;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  private constructor(options: EngineOptions, root: Connection, facts: { version: string; timezone: string }) {
    this.#path = options.path;
    this.#root = root;
    this.#control = new Connection(options.path);
    this.#slots = new Slots(options.slots, options.maxWaiting);
    this.#sessions = new Sessions(() => new Connection(options.path));
    this.version = facts.version;
    this.timezone = facts.timezone;
  }

  /** Rejects where the folder cannot be opened, or another process has it. */
  static async open(options: EngineOptions): Promise<Engine> {
    const root = new Connection(options.path, serverArguments(options));
    try {
      const { bytes } = await root.query("SELECT version(), timezone()", "TabSeparated");
      const [version = "", timezone = ""] = Buffer.from(bytes).toString("utf8").trim().split("\t");
      return new Engine(options, root, { version, timezone });
    } catch (error) {
      root.close();
      throw error;
    }
  }

  /**
   * Calls `use` with a connection on which the request's database, settings and parameters are set. Rejects with
   * ClickHouseException; what still runs when the signal aborts, the deadline passes or the engine closes is killed.
   */
  run<T>(request: EngineRequest, use: (connection: Connection) => Promise<T>): Promise<T> {
    const run = this.#run(request, use);
    const settled = run.then(
      () => undefined,
      () => undefined, // told to the caller, who holds `run`
    );
    this.#running.add(settled);
    void settled.then(() => this.#running.delete(settled));
    return run;
  }

  async #run<T>(request: EngineRequest, use: (connection: Connection) => Promise<T>): Promise<T> {
    const signal = AbortSignal.any([request.signal, this.#closing.signal]);
    const release = await this.#acquire(request.lane, signal);
    const session = request.session;
    try {
      if (session === undefined) return await this.#withConnection(request, signal, new Connection(this.#path), use);
      return await this.#sessions.use(session, async (connection, discard) => {
        try {
          return await this.#onConnection(request, signal, connection, use);
        } finally {
          const reset = resetStatement(request.assignments);
          // A session that cannot be reset would leak settings into its next request.
          if (reset !== undefined) await connection.query(reset, "Null").catch(discard);
        }
      });
    } finally {
      release();
    }
  }

  async #acquire(lane: Lane, signal: AbortSignal): Promise<() => void> {
    try {
      return await this.#slots.acquire(lane, signal);
    } catch (error) {
      if (error instanceof SlotsFull) {
        throw new ClickHouseException(202, "TOO_MANY_SIMULTANEOUS_QUERIES", error.message, { cause: error });
      }
      throw this.#cancelled();
    }
  }

  async #withConnection<T>(
    request: EngineRequest,
    signal: AbortSignal,
    connection: Connection,
    use: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.#onConnection(request, signal, connection, use);
    } finally {
      connection.close();
    }
  }

  async #onConnection<T>(
    request: EngineRequest,
    signal: AbortSignal,
    connection: Connection,
    use: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    const tag = randomUUID();
    if (request.database !== undefined) await connection.query(`USE ${quoteName(request.database)}`, "Null");
    const set = setStatement([["query_cache_tag", tag], ...request.assignments])!;
    await connection.query(set, "Null");
    if (signal.aborted) throw this.#cancelled();
    const deadline = AbortSignal.timeout(Math.min(request.seconds * 1000 + DEADLINE_GRACE_MS, 2 ** 31 - 1));
    const killer = this.#killWhen(AbortSignal.any([signal, deadline]), tag);
    try {
      return await use(connection);
    } catch (error) {
      if (!deadline.aborted || !(error instanceof ClickHouseException) || error.code !== 394) throw error;
      const message = `Timeout exceeded: maximum: ${request.seconds} seconds`;
      throw new ClickHouseException(159, "TIMEOUT_EXCEEDED", message, { cause: error });
    } finally {
      await killer.stop();
    }
  }

  /** From the signal's abort on, kills what carries the tag again and again: the query may only be about to start. */
  #killWhen(signal: AbortSignal, tag: string): { stop(): Promise<void> } {
    let stopped = false;
    let killing: Promise<void> = Promise.resolve();
    let wake: (() => void) | undefined;
    const kill = async () => {
      while (!stopped) {
        const where = `Settings['query_cache_tag'] = ${quoteString(tag)}`;
        // It fails only while the engine goes down, and then the query ends with it.
        await this.#control.query(`KILL QUERY WHERE ${where} ASYNC`, "Null").catch(() => undefined);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, KILL_REPEAT_MS);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
          if (stopped) wake();
        });
      }
    };
    const onAbort = () => {
      killing = kill();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    return {
      stop: () => {
        stopped = true;
        signal.removeEventListener("abort", onAbort);
        wake?.();
        return killing;
      },
    };
  }

  #cancelled(): ClickHouseException {
    return this.#closing.signal.aborted
      ? new ClickHouseException(236, "ABORTED", "The server is shutting down")
      : new ClickHouseException(394, "QUERY_WAS_CANCELLED", "Query was cancelled");
  }

  /** Kills what runs, waits for it to end, and closes the data folder. */
  async close(): Promise<void> {
    this.#closing.abort();
    while (this.#running.size > 0) await Promise.all(this.#running);
    this.#sessions.close();
    this.#control.close();
    this.#root.close();
  }
}
