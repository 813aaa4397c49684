/** Requests that carry a session_id: they share a connection, with its temporary tables and what they SET. */
import { ClickHouseException } from "../sql/exception.ts";
import type { Connection } from "./connection.ts";

const MAX_SESSIONS = 16;

export type SessionRequest = {
  readonly id: string;
  /** Seconds without a request after which the session ends. */
  readonly timeoutSeconds: number;
  /** The session must be there already. */
  readonly mustExist: boolean;
};

type Session = { readonly connection: Connection; busy: boolean; timer: NodeJS.Timeout | undefined };

export class Sessions {
  readonly #connect: () => Connection;
  readonly #sessions = new Map<string, Session>();

  constructor(connect: () => Connection) {
    this.#connect = connect;
  }

  /** `discard` ends the session after this use. Throws ClickHouseException where the session is in use. */
  async use<T>(request: SessionRequest, run: (connection: Connection, discard: () => void) => Promise<T>): Promise<T> {
    const session = this.#sessions.get(request.id) ?? this.#open(request);
    if (session.busy) throw new ClickHouseException(373, "SESSION_IS_LOCKED", `Session ${request.id} is locked`);
    session.busy = true;
    clearTimeout(session.timer);
    let discarded = false;
    try {
      return await run(session.connection, () => {
        discarded = true;
      });
    } finally {
      session.busy = false;
      if (discarded) this.#end(request.id);
      else session.timer = setTimeout(() => this.#end(request.id), request.timeoutSeconds * 1000).unref();
    }
  }

  #open({ id, mustExist }: SessionRequest): Session {
    if (mustExist) throw new ClickHouseException(372, "SESSION_NOT_FOUND", `Session ${id} not found`);
    if (this.#sessions.size >= MAX_SESSIONS) {
      const message = `${MAX_SESSIONS} sessions are open; wait for one to end`;
      throw new ClickHouseException(202, "TOO_MANY_SIMULTANEOUS_QUERIES", message);
    }
    const session: Session = { connection: this.#connect(), busy: false, timer: undefined };
    this.#sessions.set(id, session);
    return session;
  }

  #end(id: string): void {
    const session = this.#sessions.get(id);
    clearTimeout(session?.timer);
    this.#sessions.delete(id);
    session?.connection.close();
  }

  /** None may be in use. */
  close(): void {
    for (const id of [...this.#sessions.keys()]) this.#end(id);
  }
}
