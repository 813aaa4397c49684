/** The engine: one data folder, and requests that each get a connection of their own, a slot, a deadline and an end. */
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { ClickHouseException } from "../sql/exception.ts";
import { quoteName } from "../sql/quote.ts";
import { resetStatement, setStatements } from "../sql/settings.ts";
import { Connection } from "./connection.ts";
import { Interrupt } from "./interrupt.ts";
import { killOnAbort } from "./killer.ts";
import { type EngineLimits, serverConfiguration } from "./server-settings.ts";
import { type SessionRequest, Sessions } from "./sessions.ts";
import { type Lane, Slots, SlotsFull } from "./slots.ts";

/** The engine ends a query at its own max_execution_time; what goes past that by this much is killed. */
const DEADLINE_GRACE_MS = 2_000;

export type EngineOptions = EngineLimits & {
  /** Folder of the databases. */
  readonly path: string;
  /** Where the engine's configuration is written for it to read. */
  readonly configFile: string;
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

/** What a request does with its connection; `signal` aborts when it is to end. */
export type Use<T> = (connection: Connection, signal: AbortSignal) => Promise<T>;

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
  readonly #running = new Map<Interrupt, Promise<void>>();
  #closing = false;

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
    await writeFile(options.configFile, serverConfiguration(options));
    const root = new Connection(options.path, [`--config-file=${options.configFile}`]);
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
  async run<T>(request: EngineRequest, use: Use<T>): Promise<T> {
    const interrupt = new Interrupt(request.signal);
    if (this.#closing) interrupt.raise("shutdown");
    const ended = Promise.withResolvers<void>();
    this.#running.set(interrupt, ended.promise);
    try {
      return await this.#inSlot(request, interrupt, use);
    } finally {
      interrupt.dispose();
      this.#running.delete(interrupt);
      ended.resolve();
    }
  }

  async #inSlot<T>(request: EngineRequest, interrupt: Interrupt, use: Use<T>): Promise<T> {
    const release = await this.#acquire(request.lane, interrupt);
    try {
      if (request.session !== undefined) return await this.#inSession(request, request.session, interrupt, use);
      const connection = new Connection(this.#path);
      try {
        return await this.#onConnection(request, interrupt, connection, use);
      } finally {
        connection.close();
      }
    } finally {
      release();
    }
  }

  #inSession<T>(request: EngineRequest, session: SessionRequest, interrupt: Interrupt, use: Use<T>): Promise<T> {
    return this.#sessions.use(session, async (connection, discard) => {
      try {
        return await this.#onConnection(request, interrupt, connection, use);
      } finally {
        const reset = resetStatement(request.assignments);
        // A session that cannot be reset would leak settings into its next request.
        if (reset !== undefined) await connection.query(reset, "Null").catch(discard);
      }
    });
  }

  async #acquire(lane: Lane, interrupt: Interrupt): Promise<() => void> {
    try {
      return await this.#slots.acquire(lane, interrupt.signal);
    } catch (error) {
      if (!(error instanceof SlotsFull)) throw cancelled(interrupt, 0);
      throw new ClickHouseException(202, "TOO_MANY_SIMULTANEOUS_QUERIES", error.message, { cause: error });
    }
  }

  async #onConnection<T>(
    { database, assignments, seconds }: EngineRequest,
    interrupt: Interrupt,
    connection: Connection,
    use: Use<T>,
  ): Promise<T> {
    const tag = randomUUID();
    const choose = database === undefined ? [] : [`USE ${quoteName(database)}`];
    // One call: each costs a change of threads.
    await connection.query(
      [...choose, ...setStatements([["query_cache_tag", tag], ...assignments])].join(";\n"),
      "Null",
    );
    if (interrupt.signal.aborted) throw cancelled(interrupt, seconds);
    interrupt.startDeadline(seconds * 1000 + DEADLINE_GRACE_MS);
    const killer = killOnAbort(interrupt.signal, this.#control, tag);
    try {
      return await use(connection, interrupt.signal);
    } catch (error) {
      throw interrupt.signal.aborted ? cancelled(interrupt, seconds, error) : error;
    } finally {
      await killer.stop();
    }
  }

  /** Kills what runs, waits for it to end, and closes the data folder. */
  async close(): Promise<void> {
    this.#closing = true;
    while (this.#running.size > 0) {
      for (const interrupt of this.#running.keys()) interrupt.raise("shutdown");
      await Promise.all(this.#running.values());
    }
    this.#sessions.close();
    this.#control.close();
    this.#root.close();
  }
}

function cancelled(interrupt: Interrupt, seconds: number, cause?: unknown): ClickHouseException {
  if (interrupt.reason === "shutdown") {
    return new ClickHouseException(236, "ABORTED", "The server is shutting down", { cause });
  }
  if (interrupt.reason === "deadline") {
    const message = `Timeout exceeded: maximum: ${seconds} seconds`;
    return new ClickHouseException(159, "TIMEOUT_EXCEEDED", message, { cause });
  }
  return new ClickHouseException(394, "QUERY_WAS_CANCELLED", "Query was cancelled", { cause });
}
