import { randomBytes } from "node:crypto";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

/** A request that came, once its signature was found to be good. */
export interface Posted {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: PostedData;
}

export interface PostedData {
  readonly id: string;
  readonly conversationId: string;
  readonly text?: string;
  readonly replyTo?: string;
  readonly media?: readonly {
    readonly kind: string;
    readonly mimeType: string;
    readonly fileName?: string;
    readonly content: string;
  }[];
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** An answer, a connection that is cut in its place, or none at all. */
export type Reaction = Answer | "reset" | "silence";

export interface PostOptions {
  /** What it is signed with; default the system's own secret. */
  readonly secret?: string;
  /** Milliseconds since the epoch that it is signed for. Default now. */
  readonly at?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface PostAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** How it reacts to a message unless a test says otherwise: it takes it, without an id of its own. */
const TAKEN: Reaction = { status: 200 };

/**
 * The system at the other end, as somebody would write it with the reference library of Standard Webhooks: it posts
 * signed messages, takes ours once by `webhook-id`, and serves files.
 */
export class OtherSystem {
  readonly secret = `whsec_${randomBytes(32).toString("base64")}`;
  readonly #webhook = new Webhook(this.secret);
  readonly #server: Server;
  /** Every message that was posted to it, repetitions included. */
  readonly posted: Posted[] = [];
  /** Paths and what they answer. */
  readonly files = new Map<string, Reaction | (() => Reaction | Promise<Reaction>)>();
  /** Paths that were asked for, in order. */
  readonly fetched: string[] = [];
  /** Why requests were not authentic. */
  readonly refused: string[] = [];
  /** Decides how it reacts to a message. */
  react: (posted: Posted) => Reaction | Promise<Reaction> = () => TAKEN;

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", (request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<OtherSystem> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new OtherSystem(server);
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Where it wants messages to be posted. */
  get inbox(): string {
    return `${this.origin}/crm?token=in-the-url`;
  }

  /** The texts it has taken, each message once. */
  get texts(): readonly string[] {
    const messages = new Map(this.posted.map(({ id, data }) => [id, data]));
    return [...messages.values()].map(({ text }) => text ?? "");
  }

  /** Posts a body to the CRM. An object becomes JSON; text and bytes go as they are. */
  async post(
    hook: string,
    body: object | string | Uint8Array,
    { secret = this.secret, at = Date.now(), headers = {}, signal }: PostOptions = {},
  ): Promise<PostAnswer> {
    const bytes = Buffer.from(
      typeof body === "string" || body instanceof Uint8Array ? body : (JSON.stringify(body) as string),
    );
    const id = `post-${randomBytes(8).toString("hex")}`;
    const response = await fetch(hook, {
      method: "POST",
      body: bytes,
      signal: signal ?? null,
      headers: {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": String(Math.floor(at / 1_000)),
        "webhook-signature": new Webhook(secret).sign(id, new Date(at), bytes),
        ...headers,
      },
    });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, unknown>,
    };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    react(response, await (request.method === "GET" ? this.#file(request.url ?? "") : this.#take(request, raw)));
  }

  async #file(path: string): Promise<Reaction> {
    this.fetched.push(path);
    const file = this.files.get(path) ?? { status: 404 };
    return typeof file === "function" ? file() : file;
  }

  async #take(request: IncomingMessage, raw: Buffer): Promise<Reaction> {
    const headers = request.headers as Record<string, string>;
    try {
      const { data } = this.#webhook.verify(raw, headers) as { data: PostedData };
      const posted = { id: headers["webhook-id"] ?? "", headers, data };
      this.posted.push(posted);
      return await this.react(posted);
    } catch (error) {
      this.refused.push(String(error));
      return { status: 401 };
    }
  }
}

function react(response: ServerResponse, reaction: Reaction): void {
  if (reaction === "silence") return;
  if (reaction === "reset") {
    response.socket?.resetAndDestroy();
    return;
  }
  response.writeHead(reaction.status, reaction.headers);
  response.end(reaction.body);
}
