"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useQueryStates } from "nuqs";
import { useState } from "react";
import type { Outcome, Problem } from "../data/problem.ts";
import { REFRESH_MS, rangeParsers, refreshParser } from "../url/range.ts";

export type Reading<T> = {
  readonly data: T | null;
  /** Why the newest read failed; `data` is then what was read before. */
  readonly problem: Problem | null;
  readonly readAtMs: number | null;
  readonly pending: boolean;
};

class ReadFailure extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.name = "ReadFailure";
    this.problem = problem;
  }
}

async function fetchRead<T>(path: string, signal: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new ReadFailure({ kind: "unreachable", message: "This page's server does not answer." });
  }
  if (!response.ok) {
    const body: unknown = await response.json().catch(() => null);
    throw new ReadFailure(problemIn(body) ?? { kind: "failed", message: `The server answered ${response.status}.` });
  }
  return (await response.json()) as T;
}

function problemIn(body: unknown): Problem | null {
  if (typeof body !== "object" || body === null || !("kind" in body) || !("message" in body)) return null;
  return body as Problem;
}

/** While something is wrong or still to come, try again this often even where refresh is off. */
const RETRY_MS = 5_000;

/**
 * A named read, first as the server rendered it, then refreshed at the interval in the URL. `ranged`: it takes the time
 * range in the URL; `soon`: what was read is only a beginning, so look again shortly.
 */
export function useRead<T>(
  name: string,
  params: Readonly<Record<string, string>>,
  initial: Outcome<T> | null,
  options: { readonly ranged?: boolean; readonly soon?: (data: T) => boolean } = {},
): Reading<T> {
  const { ranged = true, soon } = options;
  const [range] = useQueryStates(rangeParsers);
  const [{ refresh }] = useQueryStates({ refresh: refreshParser });
  const search = new URLSearchParams(params);
  if (ranged && range.from !== null && range.to !== null) {
    search.set("from", new Date(range.from).toISOString());
    search.set("to", new Date(range.to).toISOString());
  } else if (ranged) search.set("range", range.range);
  search.sort();
  const key = search.toString();
  // The server rendered for the range the page was opened with; another range starts without initial data.
  const [first] = useState(() => ({ key, outcome: initial, atMs: Date.now() }));
  const usable = first.key === key && first.outcome?.ok === true;
  const query = useQuery<T, Error>({
    queryKey: [name, key],
    queryFn: ({ signal }) => fetchRead<T>(`/read/${name}?${key}`, signal),
    placeholderData: keepPreviousData,
    staleTime: 2_000,
    refetchInterval: ({ state }) =>
      state.status === "error" || (state.data !== undefined && soon?.(state.data) === true)
        ? RETRY_MS
        : REFRESH_MS[refresh],
    ...(usable && first.outcome?.ok === true
      ? { initialData: first.outcome.data, initialDataUpdatedAt: first.atMs }
      : {}),
  });
  const firstProblem = first.outcome?.ok === false && query.data === undefined ? first.outcome.problem : null;
  return {
    data: query.data ?? null,
    problem: query.error === null ? firstProblem : problemOfError(query.error),
    readAtMs: query.dataUpdatedAt === 0 ? null : query.dataUpdatedAt,
    pending: query.isPlaceholderData,
  };
}

function problemOfError(error: Error): Problem {
  return error instanceof ReadFailure ? error.problem : { kind: "failed", message: error.message };
}
