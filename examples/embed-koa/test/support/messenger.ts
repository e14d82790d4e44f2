import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";

/** The system that customers write in: it posts signed webhooks to the shop, and takes ours. */
export class Messenger {
  readonly secret = `whsec_${randomBytes(32).toString("base64")}`;
  /** The texts of ours that it took. */
  readonly received: string[] = [];
  readonly #server: Server;
  #ids = 0;

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { data } = JSON.parse(Buffer.concat(chunks).toString()) as { data: { text: string } };
      this.received.push(data.text);
      response.end("{}");
    });
  }

  static async start(): Promise<Messenger> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Messenger(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** A customer writes. */
  async write(hook: string, customer: string, text: string): Promise<number> {
    const id = `m-${(this.#ids += 1)}`;
    const at = new Date();
    const sender = { id: customer, name: customer };
    const data = { id, conversationId: customer, sender, text, sentAt: at.toISOString() };
    const body = JSON.stringify({ type: "message", data });
    const headers = {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
      "webhook-signature": new Webhook(this.secret).sign(id, at, body),
    };
    return (await fetch(hook, { method: "POST", headers, body })).status;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
