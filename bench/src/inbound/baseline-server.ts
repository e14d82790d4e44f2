import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PGlite } from "@electric-sql/pglite";
import { uuidV7 } from "@crmessenger/kernel/infrastructure";
import pg from "pg";
import { BASELINE_SQL } from "./baseline-sql.ts";
import { SECRET } from "./requests.ts";

/**
 * The program to compare with: node:http and pg, nothing else, for this one job. Arguments: the database (an address,
 * or a directory for PGlite) and the id of the channel account, which exists.
 */
const [database = "", account = ""] = process.argv.slice(2);
const ids = uuidV7();
const query = database.startsWith("postgresql:") ? postgres(database) : await pglite(database);

interface Stored {
  readonly message_id: string;
  readonly conversation_id: string;
  readonly duplicate: boolean;
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
    answer(request.headers, body).then(
      ([status, text]) =>
        response
          .writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
          .end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
});
server.listen(0, "127.0.0.1", () =>
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port, path: "/" })}\n`),
);

async function answer(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: Buffer,
): Promise<[number, string]> {
  const expected = createHmac("sha256", SECRET)
    .update(`${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.`)
    .update(body)
    .digest();
  const given = Buffer.from(String(headers["webhook-signature"]).slice(3), "base64");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return [401, "{}"];
  const { data } = JSON.parse(body.toString("utf8")) as {
    data: { id: string; conversationId: string; sender: { id: string; name: string }; text: string; sentAt: string };
  };
  if (!data.id || !data.conversationId || !data.sender.id || typeof data.text !== "string") return [422, "{}"];
  const parts = JSON.stringify([{ type: "text", text: data.text }]);
  const row = await query([
    account,
    data.id,
    data.conversationId,
    data.sender.id,
    data.sender.name,
    parts,
    data.sentAt,
    ...Array.from({ length: 8 }, () => ids.next()),
  ]);
  return [
    200,
    JSON.stringify({ messageId: row.message_id, conversationId: row.conversation_id, duplicate: row.duplicate }),
  ];
}

function postgres(url: string): (parameters: unknown[]) => Promise<Stored> {
  const pool = new pg.Pool({ connectionString: url, max: 16 });
  return async (values) =>
    (await pool.query<Stored>({ name: "receive", text: BASELINE_SQL, values })).rows[0] as Stored;
}

async function pglite(directory: string): Promise<(parameters: unknown[]) => Promise<Stored>> {
  const embedded = await PGlite.create(directory);
  return async (values) => (await embedded.query<Stored>(BASELINE_SQL, values)).rows[0] as Stored;
}
