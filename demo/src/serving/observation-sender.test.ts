import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { ObservationBody } from "./observation-body.ts";
import { ObservationSender, type SenderOptions } from "./observation-sender.ts";

const BODY: ObservationBody = { model: "m", version: "v", source: "r", labels: {}, since: "", until: "", features: [] };

let server: Server | undefined;
let sender: ObservationSender | undefined;
afterEach(async () => {
  await sender?.close();
  server?.closeAllConnections();
  server?.close();
});

type Got = { key: string; token: string | undefined };

async function receive(statusOf: (nth: number) => number): Promise<{ url: string; got: Got[] }> {
  const got: Got[] = [];
  let nth = 0;
  server = createServer((request: IncomingMessage, response) => {
    request.resume();
    request.on("end", () => {
      const status = statusOf(nth++);
      if (status === 202) {
        got.push({ key: String(request.headers["idempotency-key"]), token: request.headers.authorization });
      }
      response.writeHead(status).end("because");
    });
  });
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got };
}

function open(options: Partial<SenderOptions> & { url: string }) {
  const said: string[] = [];
  const log = { warn: (_: object, message: string) => said.push(message) };
  sender = new ObservationSender({ log, firstRetryMs: 5, ...options });
  return { sender, said };
}

test("while the receiver is away observations wait, and arrive once each and in their order", async () => {
  const { url, got } = await receive((nth) => (nth < 3 ? 503 : 202));
  const { sender, said } = open({ url, token: "secret" });
  for (let i = 0; i < 5; i++) sender.send(`k${i}`, BODY);
  await expect.poll(() => got.length, { timeout: 5000 }).toBe(5);
  expect(got.map(({ key }) => key)).toEqual(["k0", "k1", "k2", "k3", "k4"]);
  expect(got[0]?.token).toBe("Bearer secret");
  expect(said).toHaveLength(1);
});

test("no more wait than there is room for: the oldest go, and it is said", async () => {
  let away = true;
  const { url, got } = await receive(() => (away ? 503 : 202));
  const { sender, said } = open({ url, maxWaiting: 3 });
  for (let i = 0; i < 10; i++) sender.send(`k${i}`, BODY);
  expect(sender.waiting).toBe(3);
  away = false;
  await expect.poll(() => got.length, { timeout: 5000 }).toBeGreaterThanOrEqual(3);
  await expect.poll(() => sender.waiting, { timeout: 5000 }).toBe(0);
  expect(got.map(({ key }) => key).slice(-3)).toEqual(["k7", "k8", "k9"]);
  expect(said.join()).toMatch(/dropped/);
});

test("what is refused for good is said, and holds up nothing", async () => {
  const { url, got } = await receive((nth) => (nth === 0 ? 400 : 202));
  const { sender, said } = open({ url });
  sender.send("bad", BODY);
  sender.send("good", BODY);
  await expect.poll(() => got.map(({ key }) => key), { timeout: 5000 }).toEqual(["good"]);
  expect(said.join()).toMatch(/refused/);
});

test("nobody there, and a close in the middle: it ends at once", async () => {
  const { sender } = open({ url: "http://127.0.0.1:1", firstRetryMs: 60_000 });
  sender.send("k", BODY);
  await expect.poll(() => sender.waiting).toBe(1);
  const beganMs = performance.now();
  await sender.close();
  expect(performance.now() - beganMs).toBeLessThan(2000);
});
