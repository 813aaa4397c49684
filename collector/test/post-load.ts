/** Posts observations over kept connections, each of another window, and says how many were accepted a second. */
import { Agent, request } from "node:http";

type LoadOptions = { readonly port: number; readonly connections: number; readonly posts: number };

/** About 1 KB: two features of a model, one of numbers and one of categories. */
export function observationBody(number: number): string {
  const since = 1_790_000_000_000 + number * 1_000;
  const counts = Array.from({ length: 40 }, (_, i) => (number * 31 + i * 7) % 1_000);
  const bounds = Array.from({ length: 41 }, (_, i) => i * 2.5);
  const channel = { web: number % 97, app: number % 89, branch: 5, phone: 2, partner: 11, unknown: 1 };
  return JSON.stringify({
    model: "fraud",
    version: "2026-09-01",
    source: `pod-${number % 16}`,
    labels: { region: "north", tenant: "retail" },
    since: new Date(since).toISOString(),
    until: new Date(since + 60_000).toISOString(),
    features: [
      { feature: "amount", bounds, counts, missing: number % 5, sum: 123_456.5 },
      { feature: "channel", categories: channel },
      { feature: "score", kind: "score", bounds: [0, 0.2, 0.4, 0.6, 0.8, 1], counts: [500, 90, 40, 20, 9] },
    ],
  });
}

/** Answers by status, and accepted posts a second. */
export async function loadObservations({ port, connections, posts }: LoadOptions) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const statuses = new Map<number, number>();
  let next = 0;
  const began = performance.now();
  const sender = async () => {
    while (next < posts) {
      const status = await post(agent, port, observationBody(next++));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: connections }, sender));
  const seconds = (performance.now() - began) / 1000;
  agent.destroy();
  return { statuses, seconds, perSecond: (statuses.get(202) ?? 0) / seconds };
}

function post(agent: Agent, port: number, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const options = { host: "127.0.0.1", port, path: "/v1/observations", method: "POST", agent, headers };
    const sent = request(options, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode ?? 0));
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

if (import.meta.main) {
  const [port = "", posts = "10000", connections = "8"] = process.argv.slice(2);
  const result = await loadObservations({ port: Number(port), posts: Number(posts), connections: Number(connections) });
  const { statuses, seconds, perSecond } = result;
  console.log(JSON.stringify({ statuses: Object.fromEntries(statuses), seconds, perSecond }));
}
