import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { verifyWebhook } from "@crmessenger/webhooks/receiver";

/** How often the receiver misbehaves, of all deliveries. */
interface Mischief {
  readonly refuse: number;
  readonly hangUp: number;
  /** Takes the delivery and hangs up before it says so. */
  readonly forgetToAnswer: number;
}

const MISCHIEF: Mischief = { refuse: 0.05, hangUp: 0.03, forgetToAnswer: 0.03 };
const MOST_BYTES = 1_048_576;

/** Another system of the business, which is told by webhooks what happens here, and believes only what is signed. */
export interface WebhookReceiver extends AsyncDisposable {
  readonly url: string;
  /** What deliveries are verified with from now on. */
  secret: string;
  /** The ids of the webhooks that told of an event, by the event's id. More than one id: the event came twice. */
  readonly webhookIds: ReadonlyMap<string, ReadonlySet<string>>;
  /** Deliveries whose signature did not fit. */
  readonly unverified: number;
  setFaults(on: boolean): void;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const webhookIds = new Map<string, Set<string>>();
  const state = { secret: "", faulty: false, unverified: 0 };
  const take = (id: string, body: Uint8Array) => {
    const { eventId } = JSON.parse(Buffer.from(body).toString("utf8")) as { readonly eventId: string };
    webhookIds.set(eventId, (webhookIds.get(eventId) ?? new Set()).add(id));
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const luck = state.faulty ? Math.random() : 1;
    const bytes = await bodyOf(request);
    if (luck < MISCHIEF.hangUp) return void request.socket.destroy();
    if (luck < MISCHIEF.hangUp + MISCHIEF.refuse) return void response.writeHead(503, { "retry-after": "1" }).end();
    try {
      const { id, body } = verifyWebhook(bytes, request.headers, [state.secret]);
      take(id, body);
    } catch {
      state.unverified += 1;
      return void response.writeHead(401).end();
    }
    if (luck < MISCHIEF.hangUp + MISCHIEF.refuse + MISCHIEF.forgetToAnswer) return void request.socket.destroy();
    response.writeHead(204).end();
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => request.socket.destroy()); // whoever sent it has gone
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/crm`,
    get secret() {
      return state.secret;
    },
    set secret(secret) {
      state.secret = secret;
    },
    webhookIds,
    get unverified() {
      return state.unverified;
    },
    setFaults: (on) => void (state.faulty = on),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error("A webhook is smaller than that.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
