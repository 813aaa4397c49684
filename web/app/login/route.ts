import { loginPage, returnPath } from "../../auth/login-page.ts";
import { configuredToken, isSame, SESSION_COOKIE, sessionOf } from "../../auth/token.ts";

export const dynamic = "force-dynamic";

const MONTH_SECONDS = 30 * 86_400;
const MAX_FORM_BYTES = 16_384;

function page(to: string, failed: boolean): Response {
  return new Response(loginPage(to, failed), {
    status: 401,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy":
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    },
  });
}

function leadTo(path: string, cookie?: string): Response {
  const headers = new Headers({ location: path, "cache-control": "no-store" });
  if (cookie !== undefined) headers.set("set-cookie", cookie);
  return new Response(null, { status: 303, headers });
}

export function GET(request: Request): Response {
  const to = returnPath(new URL(request.url).searchParams.get("to"));
  return configuredToken(process.env) === undefined ? leadTo(to) : page(to, false);
}

export async function POST(request: Request): Promise<Response> {
  const token = configuredToken(process.env);
  const size = Number(request.headers.get("content-length") ?? Number.POSITIVE_INFINITY);
  if (size > MAX_FORM_BYTES) return new Response("found a form too large for a login\n", { status: 413 });
  const form = new URLSearchParams(await request.text());
  const to = returnPath(form.get("to"));
  if (token === undefined) return leadTo(to);
  if (!isSame(form.get("token")?.trim() ?? "", token)) return page(to, true);
  const secure = request.headers.get("x-forwarded-proto") === "https" ? "; Secure" : "";
  const rest = `Path=/; Max-Age=${MONTH_SECONDS}; HttpOnly; SameSite=Lax${secure}`;
  return leadTo(to, `${SESSION_COOKIE}=${sessionOf(token)}; ${rest}`);
}
