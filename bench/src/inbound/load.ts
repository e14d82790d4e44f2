import { connect } from "node:net";
import { prepareFirstRequests, prepareRequests } from "./requests.ts";

/** What the load generator is asked for, in a process of its own. */
export interface LoadOrder {
  readonly port: number;
  readonly path: string;
  readonly concurrency: number;
  readonly count: number;
  readonly senders: number;
  readonly run: string;
  /** Introduce the senders instead. */
  readonly first: boolean;
}

export interface LoadResult {
  readonly seconds: number;
  readonly answered: number;
  readonly refused: number;
}

const order = JSON.parse(process.argv[2] ?? "{}") as LoadOrder;
const requests = order.first
  ? prepareFirstRequests(order.path, order.senders, order.run)
  : prepareRequests(order.path, order.count, order.senders, order.run);
let next = 0;
let refused = 0;

const started = performance.now();
await Promise.all(Array.from({ length: order.concurrency }, sendInTurn));
const result: LoadResult = { seconds: (performance.now() - started) / 1000, answered: requests.length, refused };
process.stdout.write(JSON.stringify(result));

/** One connection that sends a request when the one before is answered. */
function sendInTurn(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(order.port, "127.0.0.1");
    let received = Buffer.alloc(0);
    const send = () => {
      const request = requests[next++];
      if (request) socket.write(request);
      else socket.end(resolve);
    };
    socket.setNoDelay(true);
    socket.once("connect", send);
    socket.once("error", reject);
    socket.on("data", (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const end = received.indexOf("\r\n\r\n");
      if (end < 0) return;
      const head = received.subarray(0, end).toString("latin1");
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (received.length < end + 4 + length) return;
      if (!head.startsWith("HTTP/1.1 200")) refused += 1;
      received = Buffer.alloc(0);
      send();
    });
  });
}
