import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { forwardReload } from "./forward.ts";

test("the collector's status and words come back, and the token goes along", async () => {
  const seen: unknown[] = [];
  const collector = createServer((request, response) => {
    seen.push([request.method, request.url, request.headers.authorization]);
    response.writeHead(500).end("prometheus.yml:3:5: unknown key\n");
  }).listen(0, "127.0.0.1");
  await once(collector, "listening");
  const port = String((collector.address() as AddressInfo).port);
  try {
    const answer = await forwardReload({ LOCKSTEP_RECEIVE_PORT: port, LOCKSTEP_HOST: "0.0.0.0" }, "s3cret");
    expect([answer.status, await answer.text()]).toEqual([500, "prometheus.yml:3:5: unknown key\n"]);
    expect(seen).toEqual([["POST", "/-/reload", "Bearer s3cret"]]);
  } finally {
    collector.close();
    collector.closeAllConnections();
    await once(collector, "close");
  }
  const away = await forwardReload({ LOCKSTEP_RECEIVE_PORT: port }, undefined);
  expect(away.status).toBe(502);
  expect(await away.text()).toMatch(/does not answer on port \d+ .*ECONNREFUSED.*nothing was reloaded/);
});
