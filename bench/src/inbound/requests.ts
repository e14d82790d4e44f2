import { createHmac } from "node:crypto";

/** The signing key that both servers know. */
export const SECRET = Buffer.alloc(32, 9);

const NEW_SENDERS = 0.05;
const TEXT = "A customer writes about an order that has not arrived yet, and asks what can be done about it. ".repeat(
  8,
);

/** Signed webhooks of about 1 KB as bytes ready for the wire: the load generator shall cost as little as possible. */
export function prepareRequests(path: string, count: number, senders: number, run: string): readonly Buffer[] {
  return Array.from({ length: count }, (_, index) =>
    prepareRequest(path, `${run}-${index}`, senderOf(index, senders, run)),
  );
}

/** One request for each sender, so that everybody is known afterwards. */
export function prepareFirstRequests(path: string, senders: number, run: string): readonly Buffer[] {
  return Array.from({ length: senders }, (_, index) =>
    prepareRequest(path, `${run}-first-${index}`, `sender-${index}`),
  );
}

function senderOf(index: number, senders: number, run: string): string {
  if (index % Math.round(1 / NEW_SENDERS) === 0) return `new-${run}-${index}`;
  return `sender-${(index * 7919) % senders}`;
}

function prepareRequest(path: string, id: string, sender: string): Buffer {
  const sentAt = new Date().toISOString();
  const data = {
    id,
    conversationId: `chat-${sender}`,
    sender: { id: sender, name: `Customer ${sender}` },
    text: TEXT,
    sentAt,
  };
  const body = Buffer.from(JSON.stringify({ type: "message", data }));
  const timestamp = Math.floor(Date.now() / 1000);
  const signature = createHmac("sha256", SECRET).update(`${id}.${timestamp}.`).update(body).digest("base64");
  const head = [
    `POST ${path} HTTP/1.1`,
    "host: 127.0.0.1",
    "content-type: application/json",
    `content-length: ${body.length}`,
    `webhook-id: ${id}`,
    `webhook-timestamp: ${timestamp}`,
    `webhook-signature: v1,${signature}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]);
}
