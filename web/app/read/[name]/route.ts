import type { NextRequest } from "next/server";
import { problemOf } from "../../../data/problem.ts";
import { READS, type ReadName } from "../../../data/reads.ts";
import { measured } from "../../../data/web-metrics.ts";

export const dynamic = "force-dynamic";

/** The pages' live refresh: a named read with parameters, never SQL. */
export async function GET(request: NextRequest, context: { params: Promise<{ name: string }> }): Promise<Response> {
  const { name } = await context.params;
  if (!Object.hasOwn(READS, name)) {
    return answer(404, {
      kind: "failed",
      message: `no read named ${name}; there are ${Object.keys(READS).join(", ")}`,
    });
  }
  return measured(`/read/${name}`, () => readAnswer(name as ReadName, request));
}

async function readAnswer(name: ReadName, request: NextRequest): Promise<Response> {
  const parsed = READS[name](Object.fromEntries(request.nextUrl.searchParams), Date.now());
  if (!parsed.ok) return answer(400, { kind: "failed", message: parsed.message });
  try {
    return Response.json((await parsed.run()) ?? null, { headers: { "cache-control": "no-store" } });
  } catch (error) {
    const problem = problemOf(error);
    return answer(problem.kind === "failed" ? 500 : 503, problem);
  }
}

function answer(status: number, problem: { kind: string; message: string }): Response {
  return Response.json(problem, { status, headers: { "cache-control": "no-store" } });
}
