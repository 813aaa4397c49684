import { hostOf, isLoopback } from "./loopback.ts";
import { isBearer, isSession } from "./token.ts";

export type RequestFacts = {
  readonly method: string;
  readonly path: string;
  readonly host: string | null;
  readonly origin: string | null;
  readonly authorization: string | null;
  readonly session: string | undefined;
  readonly acceptsHtml: boolean;
};

/** `preflight`: a browser asks on behalf of another site's page whether it may send the token. */
export type Admission =
  | { readonly kind: "admit" }
  | { readonly kind: "preflight" }
  | { readonly kind: "login" }
  | { readonly kind: "refuse"; readonly status: 401 | 403; readonly message: string };

const ADMIT: Admission = { kind: "admit" };
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Who may enter: with a token configured, whoever shows it; without, whoever speaks to this very machine. */
export function admission(facts: RequestFacts, token: string | undefined): Admission {
  if (facts.path === "/-/healthy") return ADMIT;
  if (token === undefined) return withoutToken(facts);
  if (isPreflight(facts)) return { kind: "preflight" };
  if (isBearer(facts.authorization, token)) return ADMIT;
  if (!isSameSite(facts)) return foreignPage(facts);
  if (facts.path === "/login" || isSession(facts.session, token)) return ADMIT;
  if (facts.acceptsHtml && facts.method === "GET" && !facts.path.startsWith("/api/")) return { kind: "login" };
  const message = "this needs an Authorization header: Bearer and the token of the configured token file";
  return { kind: "refuse", status: 401, message };
}

/** A page of another site can make its name resolve to 127.0.0.1; its requests still carry that name. */
function withoutToken(facts: RequestFacts): Admission {
  const host = hostOf(facts.host);
  if (host === undefined || !isLoopback(host)) {
    const found = facts.host === null ? "no Host header" : `the Host header ${JSON.stringify(facts.host)}`;
    const message = `found ${found}, expected localhost or 127.0.0.1: without a token (lockstep: {token_file: ...}) only this machine is answered`;
    return { kind: "refuse", status: 403, message };
  }
  return isSameSite(facts) ? ADMIT : foreignPage(facts);
}

/** Whether a request that may change something comes from our own pages, or from no page at all. */
function isSameSite(facts: RequestFacts): boolean {
  if (SAFE_METHODS.has(facts.method) || facts.origin === null) return true;
  return URL.canParse(facts.origin) && new URL(facts.origin).host === facts.host?.toLowerCase();
}

function foreignPage(facts: RequestFacts): Admission {
  const message = `a page of ${JSON.stringify(facts.origin)} may not send ${facts.method} here`;
  return { kind: "refuse", status: 403, message };
}

function isPreflight(facts: RequestFacts): boolean {
  return facts.method === "OPTIONS" && facts.origin !== null && facts.path.startsWith("/api/v1/");
}
