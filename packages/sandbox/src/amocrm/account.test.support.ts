import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { contentMd5, signRequest } from "./chats/signature.ts";
import type { AmoCrmSandbox, RegisteredChannel } from "./amo-crm-sandbox.ts";
import { type AmoCrmSandboxOptions, startAmoCrmSandbox } from "./start-amo-crm-sandbox.ts";

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A server of an integration: keeps what it gets and answers what it is told. */
export class Receiver implements AsyncDisposable {
  readonly received: Received[] = [];
  answer: (request: Received) => number | "silence" = () => 200;
  #port = 0;
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks).toString("utf8") };
      this.received.push(one);
      const answer = this.answer(one);
      if (answer !== "silence") response.writeHead(answer).end();
    });
  });

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, "127.0.0.1", resolve));
    receiver.#port = (receiver.#server.address() as AddressInfo).port;
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export interface ApiAnswer {
  readonly status: number;
  readonly type: string | null;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into bodies of every shape
  readonly body: any;
}

/** An account with an installed application and a connected channel. */
export class TestAccount implements AsyncDisposable {
  readonly amo: AmoCrmSandbox;
  readonly receiver: Receiver;
  readonly integration: { clientId: string; clientSecret: string; redirectUri: string };
  readonly channel: RegisteredChannel;
  token = "";

  private constructor(amo: AmoCrmSandbox, receiver: Receiver) {
    this.amo = amo;
    this.receiver = receiver;
    this.integration = amo.registerIntegration({ redirectUri: `${receiver.url}/redirect`, name: "Test" });
    this.channel = amo.registerChannel({ webhookUrl: `${receiver.url}/hook/:scope_id`, name: "telegram" });
  }

  static async open(options: AmoCrmSandboxOptions = {}): Promise<TestAccount> {
    const amo = await startAmoCrmSandbox({ limits: { requestsPerSecond: Infinity }, ...options });
    const account = new TestAccount(amo, await Receiver.start());
    account.token = amo.longLivedToken(account.integration.clientId);
    return account;
  }

  async rest(method: string, path: string, body?: unknown, token = this.token): Promise<ApiAnswer> {
    const response = await fetch(`${this.amo.url}/api/v4/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return read(response);
  }

  async oauth(body: unknown): Promise<ApiAnswer> {
    const response = await fetch(`${this.amo.url}/oauth2/access_token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return read(response);
  }

  /** A signed request to the chats API; the path is under the scope unless it names connect or disconnect. */
  async chats(
    method: string,
    path: string,
    body?: unknown,
    change: { date?: string; signature?: string; md5?: string } = {},
  ): Promise<ApiAnswer> {
    const [bare = "", query] = path.split("?");
    const place = bare === "/connect" || bare === "/disconnect" ? this.channel.channelId : this.channel.scopeId;
    const full = `/v2/origin/custom/${place}${bare}`;
    const text = body === undefined ? "" : JSON.stringify(body);
    const date = change.date ?? new Date().toUTCString().replace("GMT", "+0000");
    const contentType = "application/json";
    const parts = { method, path: full, contentType, date, body: text };
    const response = await fetch(`${this.amo.chatsUrl}${full}${query === undefined ? "" : `?${query}`}`, {
      method,
      headers: {
        date,
        "content-type": contentType,
        "content-md5": change.md5 ?? contentMd5(text),
        "x-signature": change.signature ?? signRequest(this.channel.secret, parts),
      },
      ...(body === undefined ? {} : { body: text }),
    });
    return read(response);
  }

  connect(): Promise<ApiAnswer> {
    return this.chats("POST", "/connect", {
      account_id: this.amo.account.amojoId,
      title: "Telegram",
      hook_api_version: "v2",
    });
  }

  /** A message of a client. */
  incoming(msgid: string, text: string, change: Record<string, unknown> = {}): Promise<ApiAnswer> {
    const now = Date.now();
    return this.chats("POST", "", {
      event_type: "new_message",
      payload: {
        timestamp: Math.floor(now / 1000),
        msec_timestamp: now,
        msgid,
        conversation_id: "conversation-1",
        sender: { id: "client-1", name: "Анна", profile: { phone: "+79151112233" } },
        message: { type: "text", text },
        silent: false,
        ...change,
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.amo.close();
    await this.receiver[Symbol.asyncDispose]();
  }
}

async function read(response: Response): Promise<ApiAnswer> {
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    body: text === "" ? undefined : JSON.parse(text),
  };
}
