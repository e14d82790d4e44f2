import { createHmac, randomBytes } from "node:crypto";
import { Agent, request } from "node:http";
import { uuidV7 } from "@crmessenger/kernel/infrastructure";
import pg from "pg";
import { CONCURRENCY, type Order, carryOut, contact } from "./messages.ts";

/**
 * What a careful programmer would write for this one job: a table that is filled in the transaction of the event, one
 * loop that takes rows for itself, sends them and marks them. Arguments: the database, the address.
 */
const [databaseUrl = "", url = ""] = process.argv.slice(2);
const ids = uuidV7();
const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 });
const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
const key = randomBytes(32);
const TAKEN = 200;

await pool.query(`create table if not exists deliveries (
  id uuid primary key, event_id uuid not null, url text not null, body text not null, status text not null default 'pending',
  attempts int not null default 0, http_status int, next_at timestamptz not null default now(), created_at timestamptz not null default now())`);
await pool.query(`create index if not exists deliveries_due on deliveries (next_at) where status = 'pending'`);

let wake: () => void = () => {};
let more = false;

async function commit(events: readonly string[]): Promise<void> {
  const rows = events.map((id) => ({
    id: ids.next(),
    event_id: id,
    url,
    body: JSON.stringify({ type: "contact.created", timestamp: new Date().toISOString(), data: contact(id) }),
  }));
  await pool.query(
    `insert into deliveries (id, event_id, url, body)
     select id, event_id, url, body from json_to_recordset($1::json) as r(id uuid, event_id uuid, url text, body text)`,
    [JSON.stringify(rows)],
  );
  more = true;
  wake();
}

interface Row {
  readonly id: string;
  readonly url: string;
  readonly body: string;
}

/** One transaction a batch, as such senders are mostly written: who dies gives its rows back. */
async function sendBatch(): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    const { rows } = await client.query<Row>(
      `select id, url, body from deliveries where status = 'pending' and next_at <= now() order by next_at limit ${TAKEN} for update skip locked`,
    );
    const statuses: number[] = [];
    let next = 0;
    const work = async () => {
      for (let index = next++; index < rows.length; index = next++) statuses[index] = await post(rows[index] as Row);
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
    if (rows.length > 0)
      await client.query(
        `update deliveries d set status = 'delivered', attempts = attempts + 1, http_status = r.status
         from unnest($1::uuid[], $2::int[]) as r(id, status) where d.id = r.id`,
        [rows.map(({ id }) => id), statuses],
      );
    await client.query("commit");
    return rows.length;
  } finally {
    client.release();
  }
}

function post({ id, url: to, body }: Row): Promise<number> {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${signature}`,
  };
  return new Promise((resolve, reject) => {
    const sent = request(to, { method: "POST", agent, headers, timeout: 20_000 }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

async function serve(): Promise<never> {
  for (;;) {
    more = false;
    const sent = await sendBatch();
    if (sent > 0 || more) continue;
    await new Promise<void>((resolve) => {
      wake = resolve;
      setTimeout(resolve, 1_000).unref();
    });
  }
}

process.on("message", (order: Order) => {
  if (order.kind !== "bystanders") void carryOut(order, () => ids.next(), commit).then((done) => process.send?.(done));
});
process.send?.("ready");
await serve();
