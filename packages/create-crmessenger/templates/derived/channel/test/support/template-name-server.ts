import { randomBytes } from "node:crypto";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { TemplateNameCustomer } from "./template-name-customer.ts";

export interface StoredFile {
  readonly id: string;
  readonly mimeType: string;
  readonly fileName?: string;
  readonly content: Buffer;
}

/** A message of the account, as a customer's phone shows it. */
export interface Arrived {
  readonly id: string;
  readonly chatId: string;
  readonly text?: string;
  readonly file?: StoredFile;
  readonly replyTo?: string;
}

interface Update {
  readonly sequence: number;
  readonly type: string;
  readonly [kind: string]: unknown;
}

interface Answer {
  readonly status: number;
  readonly body?: object | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly body: Buffer;
}

const NOT_FOUND: Answer = { status: 404 };
const UNAUTHORISED: Answer = { status: 401 };

/** Template name, as far as one account sees it, on its real protocol: updates until they are confirmed, keys, limits, files. */
export class TemplateNameServer {
  readonly token = randomBytes(16).toString("hex");
  /** Calls that came, such as `GET /v1/me`. */
  readonly calls: string[] = [];
  /** Everything that was posted, each key once. */
  readonly arrived: Arrived[] = [];
  readonly files = new Map<string, StoredFile>();
  /** Answers to give before the usual ones, by the beginning of a call. */
  readonly refusals: { readonly call: string; readonly answer: Answer }[] = [];
  readonly #server: Server;
  readonly #customers = new Map<string, TemplateNameCustomer>();
  readonly #byKey = new Map<string, Answer>();
  #updates: Update[] = [];
  #sequence = 0;
  #waiting: (() => void)[] = [];
  #ids = 0;

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", (request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<TemplateNameServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new TemplateNameServer(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Somebody who has the account among their contacts. */
  customer(name: string): TemplateNameCustomer {
    const customer = new TemplateNameCustomer(this, { id: this.nextId("person"), name, chatId: this.nextId("chat") });
    this.#customers.set(customer.chatId, customer);
    return customer;
  }

  nextId(kind: string): string {
    return `${kind}-${(this.#ids += 1)}`;
  }

  /** Keeps an update for the account until it is confirmed. */
  push(type: string, content: object): void {
    this.#updates.push({ sequence: (this.#sequence += 1), type, [type]: content });
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Cuts every connection, questions that wait included. */
  interrupt(): void {
    this.#server.closeAllConnections();
  }

  async stop(): Promise<void> {
    this.interrupt();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname, searchParams: query } = new URL(request.url ?? "/", this.url);
    const method = request.method ?? "GET";
    this.calls.push(`${method} ${pathname}`);
    const call = { method, path: pathname, query, request, body: Buffer.concat(chunks) };
    const { status, body, headers } = await this.#answer(call, response);
    response.writeHead(status, headers);
    response.end(body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  }

  async #answer(call: Call, response: ServerResponse): Promise<Answer> {
    const place = `${call.method} ${call.path}`;
    const refusal = this.refusals.findIndex((given) => place.startsWith(given.call));
    if (refusal !== -1) return this.refusals.splice(refusal, 1)[0]?.answer ?? NOT_FOUND;
    if (call.request.headers.authorization !== `Bearer ${this.token}`) return UNAUTHORISED;
    if (place === "GET /v1/me") return { status: 200, body: { id: "template-name-account", name: "Coffee shop" } };
    if (place === "GET /v1/updates") return this.#wait(Number(call.query.get("after")), response);
    if (place.startsWith("GET /v1/files/")) return this.#file(call.path.slice("/v1/files/".length));
    const chatId = /^POST \/v1\/chats\/([^/]+)\/messages$/.exec(place)?.[1];
    if (place !== "POST /v1/files" && chatId === undefined) return NOT_FOUND;
    return this.#once(call, () => (chatId === undefined ? this.#upload(call) : this.#take(chatId, call.body)));
  }

  async #wait(after: number, response: ServerResponse): Promise<Answer> {
    this.#updates = this.#updates.filter(({ sequence }) => sequence > after);
    if (this.#updates.length === 0) {
      const woken = Promise.withResolvers<void>();
      this.#waiting.push(woken.resolve);
      response.once("close", woken.resolve);
      await woken.promise;
    }
    return { status: 200, body: { updates: this.#updates } };
  }

  /** A key that came before gets the answer from before. */
  #once({ request, path }: Call, act: () => Answer): Answer {
    const key = `${path} ${String(request.headers["idempotency-key"])}`;
    const answer = this.#byKey.get(key) ?? act();
    if (answer.status < 300) this.#byKey.set(key, answer);
    return answer;
  }

  #file(id: string): Answer {
    const file = this.files.get(id);
    return file ? { status: 200, body: file.content, headers: { "content-type": file.mimeType } } : NOT_FOUND;
  }

  #upload({ request, body }: Call): Answer {
    const id = this.nextId("file");
    const { "content-type": mimeType = "", "x-file-name": name } = request.headers;
    const fileName = typeof name === "string" ? { fileName: decodeURIComponent(name) } : {};
    this.files.set(id, { id, mimeType, content: body, ...fileName });
    return { status: 201, body: { id } };
  }

  #take(chatId: string, body: Buffer): Answer {
    const customer = this.#customers.get(chatId);
    if (!customer) return NOT_FOUND;
    const { fileId, ...draft } = JSON.parse(body.toString()) as { text?: string; fileId?: string; replyTo?: string };
    const file = fileId === undefined ? undefined : this.files.get(fileId);
    const message = { id: this.nextId("message"), chatId, ...draft, ...(file ? { file } : {}) };
    this.arrived.push(message);
    this.push("receipt", { messageId: message.id, status: "delivered", at: new Date().toISOString() });
    return { status: 201, body: { id: message.id, sentAt: new Date().toISOString() } };
  }
}
