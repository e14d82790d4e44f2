import { z } from "zod";
import { definePlugin } from "@crmessenger/kernel";
import { HttpServer, RouteTable } from "@crmessenger/kernel/http";
import { Authenticator, PermissionManager } from "@crmessenger/kernel/iam";
import {
  Clock,
  EventCatalogue,
  EventHooks,
  EventLog,
  Ids,
  KernelView,
  Logger,
  MessageBus,
  Storage,
} from "@crmessenger/kernel/infrastructure";
import { Front } from "./server/front.ts";
import { HttpHandler } from "./server/http-handler.ts";
import { NodeServer } from "./server/node-server.ts";
import { version } from "./version.ts";

const bytes = z.number().int().positive();
const milliseconds = z.number().int().positive();

const options = z.strictObject({
  /** 0 for any that is free: `HttpServer` says which. */
  port: z.number().int().min(0).max(65_535).default(3000),
  /** The address to listen on; `0.0.0.0` for all of this machine. */
  host: z.string().min(1).default("127.0.0.1"),
  /** False for applications that mount the handler in a server of their own. */
  listen: z.boolean().default(true),
  maxJsonBytes: bytes.default(1024 * 1024),
  maxUploadBytes: bytes.default(100 * 1024 * 1024),
  maxEventStreams: z.number().int().min(0).default(500),
  /** Within which a request must have come completely. */
  requestTimeoutMs: milliseconds.default(300_000),
  /** How long a stop waits for requests in flight. */
  stopDeadlineMs: milliseconds.default(8_000),
});

/** The HTTP API of the application, and the server that plugins' routes are mounted in. */
export const http = definePlugin({
  id: "http",
  version,
  deps: {
    bus: MessageBus,
    routes: RouteTable,
    view: KernelView,
    events: EventLog,
    clock: Clock,
    ids: Ids,
    logger: Logger,
    catalogue: EventCatalogue,
  },
  optionalDeps: { authenticator: Authenticator, permissions: PermissionManager, storage: Storage },
  provides: { server: HttpServer, handler: HttpHandler },
  options,
  hooks: [EventHooks.shown],
  boot({ routes, authenticator, permissions, storage, ...services }, { options, hook }) {
    const shownHook = hook(EventHooks.shown);
    const { host, port, listen, requestTimeoutMs, stopDeadlineMs, ...limits } = options;
    const handler = new Front({
      ...services,
      shown: (event) => shownHook.apply(event),
      authenticator,
      permissions,
      storage,
      limits,
    });
    const server = new NodeServer({ host, port, requestTimeoutMs }, services, handler.handle);
    let forget = () => {};
    return {
      provide: { server, handler },
      async start() {
        handler.open(routes.routes());
        forget = services.view.watch(() => handler.reopen(routes.routes()));
      },
      ready: async () => (listen ? server.listen() : undefined),
      async stop() {
        forget();
        handler.close();
        await server.stop(stopDeadlineMs);
      },
    };
  },
});
