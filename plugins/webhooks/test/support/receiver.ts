import { once } from "node:events";
import { type IncomingHttpHeaders, type ServerResponse, createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { onTestFinished } from "vitest";

/** One request that a receiver got. */
export interface Arrival {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export type Behaviour = (response: ServerResponse, arrival: Arrival) => void;

/** The ways in which receivers fail. */
export const faults = {
  fails: (response) => void response.writeHead(500).end("no"),
  refuses: (response) => void response.writeHead(400).end("\0\uD800 no"),
  hangs: () => {},
  redirects: (response) => void response.writeHead(302, { location: "/elsewhere" }).end(),
  resets: (response) => void response.socket?.destroy(),
  "answers garbage": (response) => void response.socket?.end("SSH-2.0-not-http\r\n\r\n"),
  "never ends": (response) => {
    const drip = () => {
      while (response.write(Buffer.alloc(65_536, "x")));
      response.once("drain", drip);
    };
    response.writeHead(503);
    drip();
  },
} as const satisfies Record<string, Behaviour>;

export const accepts: Behaviour = (response) => void response.writeHead(204).end();

/** A receiver on this machine; it accepts unless it is told otherwise. */
export interface LocalReceiver {
  readonly url: string;
  readonly arrivals: readonly Arrival[];
  /** The ids that were accepted, in order. */
  readonly accepted: readonly string[];
  /** How requests are answered from now on. */
  behave(behaviour: Behaviour): void;
}

export async function startReceiver(): Promise<LocalReceiver> {
  const arrivals: Arrival[] = [];
  const accepted: string[] = [];
  let behaviour = accepts;
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    response.on("error", () => {}); // resets are part of the play
    request.on("error", () => {});
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const arrival = { path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks) };
      arrivals.push(arrival);
      if (behaviour === accepts) accepted.push(String(request.headers["webhook-id"]));
      behaviour(response, arrival);
    });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, arrivals, accepted, behave: (next) => void (behaviour = next) };
}
