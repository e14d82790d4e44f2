import { once } from "node:events";
import type { Server } from "node:http";

const IDLE_CHECK_MS = 50;

/** Accepts nothing more, and resolves when the requests in flight are answered; what outlasts the deadline is cut off. */
export async function closeServer(server: Server, deadlineMs: number): Promise<void> {
  const closed = once(server, "close");
  server.close();
  const sweep = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS); // kept alive after their last answer
  const deadline = setTimeout(() => server.closeAllConnections(), deadlineMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(deadline);
}
