import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { communication } from "@crmessenger/communication";
import { CreateChannelAccount } from "@crmessenger/kernel/communication";
import { type Route, RouteTable } from "@crmessenger/kernel/http";
import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import {
  type AmoCrmManager,
  type AmoCrmSandbox,
  type AmoCrmSandboxOptions,
  type RegisteredChannel,
  startAmoCrmSandbox,
} from "@crmessenger/sandbox/amocrm";
import { type TestKernel, createTestKernel, eventually } from "@crmessenger/testing";
import { WatchedClient } from "./watched-client.test.support.ts";
import { AmoCrmStatus, ConnectAmoCrm, amocrm } from "./index.ts";
import { PhoneChannel } from "./phone-channel.test.support.ts";

/** How a world differs from the usual one. */
export interface WorldOptions {
  readonly sandbox?: AmoCrmSandboxOptions;
  readonly plugin?: Partial<Parameters<typeof amocrm>[0]>;
  readonly environment?: Readonly<Record<string, string>>;
  /** False: nobody grants access yet. */
  readonly login?: boolean;
}

/** A local amoCRM, and an application with phones that is kept in step with it. */
export class AmoWorld implements AsyncDisposable {
  readonly amo: AmoCrmSandbox;
  readonly manager: AmoCrmManager;
  readonly channel: RegisteredChannel;
  readonly integration: { readonly clientId: string; readonly clientSecret: string; readonly redirectUri: string };
  readonly http = new WatchedClient();
  readonly phones = new PhoneChannel();
  readonly publicUrl: string;
  kernel!: TestKernel;
  /** Refuses what comes in from outside, as if the application were down. */
  deaf = false;
  readonly #server: Server;

  private constructor(amo: AmoCrmSandbox, server: Server) {
    this.amo = amo;
    this.#server = server;
    this.publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.integration = amo.registerIntegration({ redirectUri: `${this.publicUrl}/hooks/amocrm/oauth` });
    this.channel = amo.registerChannel({
      webhookUrl: `${this.publicUrl}/hooks/amocrm/chats/:scope_id`,
      clientId: this.integration.clientId,
    });
    this.manager = amo.manager({ name: "Вера" });
    server.on("request", (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response));
  }

  static async start(options: WorldOptions = {}): Promise<AmoWorld> {
    const amo = await startAmoCrmSandbox({
      limits: { requestsPerSecond: Infinity },
      webhooks: { retryDelaysMs: [50, 50, 50, 50] },
      ...options.sandbox,
    });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const world = new AmoWorld(amo, server);
    try {
      await world.#boot(options);
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
    return world;
  }

  async #boot(options: WorldOptions): Promise<void> {
    this.kernel = await createTestKernel({
      plugins: [
        memory(),
        sales(),
        communication(),
        this.http.plugin(),
        this.phones.plugin(),
        amocrm({
          baseUrl: this.amo.url,
          chatsUrl: this.amo.chatsUrl,
          clientId: this.integration.clientId,
          redirectUri: this.integration.redirectUri,
          channelId: this.channel.channelId,
          publicUrl: this.publicUrl,
          reconcileEveryMs: 60_000,
          requestsPerSecond: 500,
          ...options.plugin,
        }),
      ],
      environment: {
        AMOCRM_CLIENT_SECRET: this.integration.clientSecret,
        AMOCRM_CHANNEL_SECRET: this.channel.secret,
        ...options.environment,
      },
    });
    const account = { type: "phone", name: "Shop", settings: {}, enabled: true };
    await this.kernel.bus.dispatch(CreateChannelAccount, account);
    await until(() => this.phones.host !== undefined);
    if (options.login !== false) await this.login();
  }

  /** The owner grants access, on the page whose address the application answers. */
  async login(): Promise<number | undefined> {
    const { url } = await this.kernel.bus.dispatch(ConnectAmoCrm, {});
    return (await this.amo.owner.open(url)).status;
  }

  async state(): Promise<string> {
    return (await this.status()).state;
  }

  status() {
    return this.kernel.bus.ask(AmoCrmStatus, {});
  }

  /** What amoCRM's chat of a conversation shows, as texts with a sign for their direction. */
  chat(conversationId: string): string[] {
    return this.amo.messages(conversationId).map(({ direction, text }) => `${direction === "in" ? ">" : "<"} ${text}`);
  }

  /** What the phones show. */
  phoneTexts(): string[] {
    return this.phones.arrived.map(({ parts }) =>
      parts.map((part) => (part.type === "text" ? part.text : `[${part.type}]`)).join(" "),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kernel?.stop();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.amo.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    const url = new URL(request.url ?? "/", this.publicUrl);
    const found = this.deaf ? undefined : this.#route(request.method ?? "", url.pathname);
    if (found === undefined) {
      response.writeHead(this.deaf ? 502 : 404).end();
      return;
    }
    const answer = await found.route.handle({
      method: request.method ?? "",
      url: request.url ?? "",
      params: found.params,
      query: url.searchParams,
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
      body,
      signal: AbortSignal.timeout(10_000),
    });
    response.writeHead(answer.status, answer.headers);
    if (answer.body instanceof ReadableStream) for await (const chunk of answer.body) response.write(chunk);
    else if (answer.body !== undefined) response.write(answer.body);
    response.end();
  }

  #route(method: string, path: string): { route: Route; params: Record<string, string> } | undefined {
    for (const route of this.kernel.get(RouteTable).routes()) {
      const params = route.method === method ? match(route.path, path) : undefined;
      if (params !== undefined) return { route, params };
    }
    return undefined;
  }
}

/** Waits for something to be so. */
export function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  return eventually(async () => {
    if (!(await isSo())) throw new Error("It has not come about.");
  });
}

function match(template: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [template.split("/"), path.split("/")];
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const actual = given[index] ?? "";
    if (part.startsWith(":")) params[part.slice(1)] = decodeURIComponent(actual);
    else if (part !== actual) return undefined;
  }
  return params;
}
