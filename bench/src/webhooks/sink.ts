import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Arrivals, now } from "./messages.ts";

/** Takes everything, and says when which event came. Asked for a count, it answers once so many different ones are there. */
let arrivals = new Map<string, number>();
let wanted = Number.POSITIVE_INFINITY;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { data } = JSON.parse(Buffer.concat(chunks).toString()) as { data: { contact: { id: string } } };
    if (!arrivals.has(data.contact.id)) arrivals.set(data.contact.id, now());
    response.writeHead(204).end();
    report();
  });
});

function report(): void {
  if (arrivals.size < wanted) return;
  process.send?.([...arrivals] satisfies Arrivals);
  arrivals = new Map();
  wanted = Number.POSITIVE_INFINITY;
}

process.on("message", (count: number) => {
  wanted = count;
  report();
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
