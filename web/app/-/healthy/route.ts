export const dynamic = "force-dynamic";

export function GET(): Response {
  return new Response("Lockstep is Healthy.\n", { headers: { "content-type": "text/plain; charset=utf-8" } });
}
