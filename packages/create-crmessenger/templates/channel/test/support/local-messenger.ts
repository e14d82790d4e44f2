import { type IncomingMessage, type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Update } from "../../src/messenger-api.ts";

const TOKEN = "the right token";

/** The provider as the channel sees it: keeps what customers write until it is settled, and what the channel sends. */
export class LocalMessenger {
  readonly token = TOKEN;
  readonly chat = "chat-1";
  readonly #server: Server;
  readonly #updates: Update[] = [];
  #settled = 0;
  /** What was sent, by its key. */
  readonly #sent = new Map<string, { readonly id: string; readonly text: string }>();

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", async (request, response) => {
      const { status, body } = await this.#answer(request);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  }

  static async start(): Promise<LocalMessenger> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new LocalMessenger(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The texts that reached the customer, in order. */
  get received(): readonly string[] {
    return [...this.#sent.values()].map(({ text }) => text);
  }

  write(text: string): void {
    const sender = { id: "customer-1", name: "Anna" };
    this.#updates.push({
      number: this.#updates.length + 1,
      chat: this.chat,
      sender,
      text,
      sentAt: new Date().toISOString(),
    });
  }

  /** Cuts the connections there are. */
  interrupt(): void {
    this.#server.closeAllConnections();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const { pathname, searchParams } = new URL(request.url ?? "", this.url);
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return { status: 401, body: {} };
    if (pathname === "/me") return { status: 200, body: { id: "account-1", name: "Shop" } };
    if (pathname === "/updates") return { status: 200, body: { updates: this.#after(searchParams.get("after")) } };
    const { key, text } = JSON.parse(await textOf(request)) as { key: string; text: string };
    const message = this.#sent.get(key) ?? { id: `sent-${this.#sent.size + 1}`, text };
    this.#sent.set(key, message);
    return { status: 200, body: { id: message.id } };
  }

  /** What was asked to come after is settled, and not offered again. */
  #after(number: string | null): readonly Update[] {
    this.#settled = Math.max(this.#settled, Number(number));
    return this.#updates.filter((update) => update.number > this.#settled);
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
