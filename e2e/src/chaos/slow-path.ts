/** A way to a server that takes longer: every answer arrives so much later, as from a place far away. */
import { connect, createServer, type Server, type Socket } from "node:net";

export class SlowPath {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly port: Promise<number>;

  constructor(to: { readonly host: string; readonly port: number }, delayMs: number) {
    this.#server = createServer((near) => {
      const far = connect(to);
      near.pipe(far);
      far.on("data", (chunk: Buffer) => setTimeout(() => near.writable && near.write(chunk), delayMs));
      far.on("end", () => setTimeout(() => near.end(), delayMs));
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        // One side that breaks ends the other; whoever used it is told by his own connection.
        socket.on("error", () => {
          near.destroy();
          far.destroy();
        });
        socket.on("close", () => this.#sockets.delete(socket));
      }
      near.on("close", () => far.destroy());
    });
    this.port = new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, "127.0.0.1", () => {
        const address = this.#server.address();
        if (address === null || typeof address === "string") reject(new Error("a TCP server has no port"));
        else resolve(address.port);
      });
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
