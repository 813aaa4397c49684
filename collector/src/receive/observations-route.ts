/**
 * `POST /v1/observations`. Answers 202 with how many histograms were taken and how many of them again, or 400 with the path
 * of the field: all of a post is taken or nothing.
 */
import { toStored } from "@lockstep/analysis/drift/stored-observed";
import { digest, type Identity, identityOf } from "@lockstep/formats/observations/identity";
import { ObservationError } from "@lockstep/formats/observations/posted-fields";
import {
  type Observations,
  type PostedObservation,
  readObservations,
} from "@lockstep/formats/observations/read-observations";
import type { Changes, Decide, Intake } from "../publish/intake.ts";
import { idempotencyKey, jsonAnswer, type PostRoute } from "./post-route.ts";

/** A million categories of 30 bytes, which are capped. */
const MAX_BODY_BYTES = 32 * 2 ** 20;

type Taken = { readonly accepted: number; readonly repeated: number };

/** The window was told before, and otherwise. */
class ConflictError extends Error {
  override readonly name = "ConflictError";
  readonly path: string;
  constructor(path: string) {
    super(
      `${path}: found other counts than were posted for this window, source and feature within the last hour; ` +
        "send what adds to them under another source or with an Idempotency-Key of its own",
    );
    this.path = path;
  }
}

export function observationsRoute(intake: Pick<Intake, "take">, now: () => number): PostRoute {
  return {
    maxBytes: MAX_BODY_BYTES,
    async take(body, request) {
      try {
        const key = idempotencyKey(request);
        const observations = readObservations(body, now());
        const taken = await intake.take(body.length, deciding(observations, key, now()));
        return jsonAnswer(202, { ...taken, ...(observations.capped.length > 0 && { capped: observations.capped }) });
      } catch (error) {
        if (error instanceof ObservationError) {
          const { message, path, found, expected } = error;
          return jsonAnswer(400, { error: message, path, found, expected });
        }
        if (error instanceof ConflictError) return jsonAnswer(409, { error: error.message, path: error.path });
        throw error;
      }
    },
    refusal: (status, message) => jsonAnswer(status, { error: message }),
  };
}

function deciding({ posted }: Observations, key: string | undefined, seen: number): Decide<Taken> {
  const ids = posted.map(identityOf);
  return (known) => {
    if (key !== undefined) {
      const id = digest(`observations\n${key}`);
      if (known.taken(id) !== undefined) return { answer: { accepted: 0, repeated: posted.length } };
      const origins = ids.map((identity) => digest(`${identity.id}\n${key}`));
      return {
        answer: { accepted: posted.length, repeated: 0 },
        changes: { rows: rowsOf(posted, origins, seen), taken: new Map([[id, ""]]) },
      };
    }
    return withoutKey(posted, ids, seen, known.taken);
  };
}

function withoutKey(
  posted: readonly PostedObservation[],
  ids: readonly Identity[],
  seen: number,
  known: (key: string) => string | undefined,
): { answer: Taken; changes: Changes } {
  const taken = new Map<string, string>();
  const fresh: PostedObservation[] = [];
  for (const [i, { id, content }] of ids.entries()) {
    const before = taken.get(id) ?? known(id);
    if (before === undefined) {
      fresh.push(posted[i]!);
      taken.set(id, content);
    } else if (before !== content) throw new ConflictError(posted[i]!.path);
  }
  const changes = { rows: rowsOf(fresh, [...taken.keys()], seen), taken };
  return { answer: { accepted: fresh.length, repeated: posted.length - fresh.length }, changes };
}

function rowsOf(posted: readonly PostedObservation[], origins: readonly string[], seen: number) {
  return posted.map(({ observed }, i) => toStored(observed, { source: "observations", origin: origins[i]!, seen }));
}
