import pg from "pg";
import { createKernel } from "@crmessenger/kernel";
import { Intake, ChannelAccountRepository } from "@crmessenger/kernel/communication";
import { uuidV7, silentLogger } from "@crmessenger/kernel/infrastructure";
import { mikroOrm } from "../src/plugin.ts";
import { startPostgres } from "./postgres.ts";
import { createDatabaseFrom } from "./postgres-databases.ts";
const server = await startPostgres([]);
const ours = await createDatabaseFrom(server.url, "ours");
const env = { CRMESSENGER_SECRET_KEY: Buffer.alloc(32, 1).toString("base64") };
const kernel = await createKernel({ plugins: [mikroOrm({ databaseUrl: ours })], environment: env, logger: silentLogger });
const ids = uuidV7(); const account = ids.next();
await kernel.get(ChannelAccountRepository).insert({ id: account, type: "http", name: "x", enabled: true, settings: {}, externalId: null, state: { status: "connected" as const, reason: "" } });
const intake = kernel.get(Intake);
const TEXT = "A customer writes about an order that has not arrived yet, and asks what can be done about it. ".repeat(8);
const m = (i: number, s: string) => ({ channelAccountId: account, channelType: "http", externalId: `m-${i}`, conversationExternalId: `chat-${s}`, sender: { name: `Customer ${s}`, identities: [{ kind: "http", value: s, verified: true }] }, parts: [{ type: "text" as const, text: TEXT }], sentAt: new Date().toISOString() });
await Promise.all(Array.from({ length: 8000 }, (_, i) => intake.accept(m(i, i % 20 === 0 ? `new-${i}` : `s-${i % 500}`))));
const original = pg.Client.prototype.query as any;
let explain = false; const seen = new WeakSet<object>();
pg.Client.prototype.query = function (this: any, config: any, ...rest: any[]) {
  if (explain && config?.name === "intake_write") {
    if (!seen.has(this)) { seen.add(this); this.on("notice", (n: any) => console.log(String(n.message).slice(0, 7000)));
    original.call(this, "load 'auto_explain'; set auto_explain.log_min_duration=0; set auto_explain.log_analyze=on; set auto_explain.log_nested_statements=on; set auto_explain.log_triggers=on; set client_min_messages=log"); }
  }
  return original.call(this, config, ...rest);
} as any;
const N = Number(process.argv[2] ?? 64);
explain = true;
await Promise.all(Array.from({ length: N }, (_, i) => intake.accept(m(10000 + i, i % 20 === 0 ? `newer-${i}` : `s-${i % 500}`))));
await kernel.stop(); await server.stop();
