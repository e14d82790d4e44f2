import { type RequestListener, type Server, createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { CrmError } from "@crmessenger/kernel";
import type { HttpServer } from "@crmessenger/kernel/http";
import type { Clock, Logger } from "@crmessenger/kernel/infrastructure";

export interface NodeServerOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Milliseconds within which a request must have come completely. */
  readonly requestTimeoutMs: number;
}

const KEEP_ALIVE_MS = 65_000; // longer than the 60 s after which load balancers give idle connections up
const CLOSE_CHECK_MS = 50;

/** The server of the application: node:http, from `listen` to `stop`. */
export class NodeServer implements HttpServer {
  readonly #options: NodeServerOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(
    options: NodeServerOptions,
    services: { readonly clock: Clock; readonly logger: Logger },
    listener: RequestListener,
  ) {
    this.#options = options;
    this.#clock = services.clock;
    this.#logger = services.logger;
    this.#server = createServer(
      { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: options.requestTimeoutMs },
      listener,
    );
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  get port(): number {
    const address = this.#server.address() as AddressInfo | null;
    if (address) return address.port;
    throw new CrmError(
      "CRM_HTTP_NOT_LISTENING",
      "The HTTP server does not listen: ask for its address once the kernel is ready.",
    );
  }

  get url(): string {
    const { host } = this.#options;
    const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
    return `http://${name.includes(":") ? `[${name}]` : name}:${this.port}`;
  }

  /** Resolves once connections are accepted. A port in use is `CRM_HTTP_PORT_BUSY`. */
  async listen(): Promise<void> {
    const { host, port } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen({ host, port }, resolve);
    try {
      await promise;
    } catch (error) {
      throw listenFailure(error, host, port);
    }
    this.#server.off("error", reject);
    this.#server.on("error", ({ message }) =>
      this.#logger.error(`The HTTP server could not take a connection: ${message}`),
    );
  }

  /** Accepts nothing more, waits for the requests in flight for at most `deadlineMs`, then cuts the rest off. */
  async stop(deadlineMs: number): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const cancel = this.#clock.schedule(deadlineMs, () => this.#server.closeAllConnections());
    const sweep = setInterval(() => this.#closeIdle(), CLOSE_CHECK_MS);
    await closed;
    clearInterval(sweep);
    cancel();
  }

  /** Node counts a connection that has never sent anything, as browsers open them ahead, among the busy ones. */
  #closeIdle(): void {
    this.#server.closeIdleConnections();
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
  }
}

function listenFailure(cause: unknown, host: string, port: number): CrmError {
  const { code } = cause as { code?: string };
  const details = { host, port, cause: code };
  if (code === "EADDRINUSE") {
    return new CrmError(
      "CRM_HTTP_PORT_BUSY",
      `Port ${port} on ${host} is in use by another program. Stop that program, or choose another port: http({ port }), 0 for any that is free.`,
      { details, cause },
    );
  }
  return new CrmError(
    "CRM_HTTP_LISTEN",
    `The HTTP server can't listen on port ${port} of ${host} (${code ?? "unknown"}). Choose another host or port in http({ host, port }).`,
    { details, cause },
  );
}
