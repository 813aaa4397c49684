/** Stands before every page and route (Next's proxy, on the Node runtime): admits, asks to log in, or refuses. */
import { type NextRequest, NextResponse } from "next/server";
import { type Admission, admission } from "./auth/admission.ts";
import { configuredToken, SESSION_COOKIE } from "./auth/token.ts";

/**
 * Pages of other sites may read the API only where a token guards it: a browser then sends nothing that opens it unless
 * such a page knows the token. Without one, any page a user visits could read what this machine may read.
 */
const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST, OPTIONS",
  "access-control-allow-headers": "Accept, Authorization, Content-Type, Origin",
  "access-control-expose-headers": "Date",
};

export function proxy(request: NextRequest): NextResponse {
  const path = request.nextUrl.pathname;
  let token: string | undefined;
  try {
    token = configuredToken(process.env);
  } catch (error) {
    // A guard that cannot read its token lets nobody in.
    console.error("the token file cannot be read", error);
    if (path === "/-/healthy") return NextResponse.next();
    return refusal(path, 503, "the token file of this server cannot be read; its log says why");
  }
  const facts = {
    method: request.method,
    path,
    host: request.headers.get("host"),
    origin: request.headers.get("origin"),
    authorization: request.headers.get("authorization"),
    session: request.cookies.get(SESSION_COOKIE)?.value,
    acceptsHtml: request.headers.get("accept")?.includes("text/html") ?? false,
  };
  const response = respond(admission(facts, token), request);
  if (token !== undefined && path.startsWith("/api/v1/")) {
    for (const [name, value] of Object.entries(CORS)) response.headers.set(name, value);
  }
  return response;
}

function respond(decision: Admission, request: NextRequest): NextResponse {
  if (decision.kind === "admit") return NextResponse.next();
  if (decision.kind === "preflight") return new NextResponse(null, { status: 204 });
  if (decision.kind === "refuse") return refusal(request.nextUrl.pathname, decision.status, decision.message);
  const login = new URL("/login", request.url);
  login.searchParams.set("to", `${request.nextUrl.pathname}${request.nextUrl.search}`);
  return NextResponse.rewrite(login);
}

const ERROR_TYPES: Readonly<Record<number, string>> = { 401: "unauthorized", 403: "forbidden", 503: "unavailable" };

function refusal(path: string, status: number, message: string): NextResponse {
  const headers: Record<string, string> = status === 401 ? { "www-authenticate": 'Bearer realm="Lockstep"' } : {};
  if (!path.startsWith("/api/")) {
    headers["content-type"] = "text/plain; charset=utf-8";
    return new NextResponse(`${message}\n`, { status, headers });
  }
  return NextResponse.json({ status: "error", errorType: ERROR_TYPES[status], error: message }, { status, headers });
}
