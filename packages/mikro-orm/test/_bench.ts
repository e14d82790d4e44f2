import pg from "pg";
import { createKernel, runInContext } from "@crmessenger/kernel";
import { Intake, ChannelAccountRepository } from "@crmessenger/kernel/communication";
import { uuidV7, silentLogger, Ids } from "@crmessenger/kernel/infrastructure";
import { mikroOrm } from "../src/plugin.ts";
import { startPostgres } from "./postgres.ts";
import { createDatabaseFrom } from "./postgres-databases.ts";
import { BASELINE_SQL } from "/work/main/bench/src/inbound/baseline-sql.ts";
const times = new Map<string, { n: number; ms: number }>();
const original = pg.Client.prototype.query as any;
pg.Client.prototype.query = function (this: any, config: any, ...rest: any[]) {
  const result = original.call(this, config, ...rest);
  const key = (config?.name ?? (config?.text ?? String(config)).slice(0, 40));
  if (result?.then) { const t = performance.now(); result.then(() => { const e = times.get(key) ?? { n: 0, ms: 0 }; e.n++; e.ms += performance.now() - t; times.set(key, e); }, () => {}); }
  return result;
} as any;
const server = await startPostgres([]);
const ours = await createDatabaseFrom(server.url, "ours");
const base = await createDatabaseFrom(server.url, "base");
const env = { CRMESSENGER_SECRET_KEY: Buffer.alloc(32, 1).toString("base64") };
{ const k = await createKernel({ plugins: [mikroOrm({ databaseUrl: base })], environment: env, logger: silentLogger }); await k.stop(); }
const kernel = await createKernel({ plugins: [mikroOrm({ databaseUrl: ours })], environment: env, logger: silentLogger });
const ids = uuidV7();
const account = ids.next();
const acc = { id: account, type: "http", name: "x", enabled: true, settings: {}, externalId: null, state: { status: "connected" as const, reason: "" } };
await kernel.get(ChannelAccountRepository).insert(acc);
import { readFileSync, readdirSync } from "node:fs";
const port = new URL(server.url).port;
const postmaster = readdirSync("/proc").filter((d) => /^\d+$/.test(d)).find((d) => { try { const c = readFileSync(`/proc/${d}/cmdline`, "utf8"); return c.includes("postgres") && c.includes(`\0${port}\0`); } catch { return false; } });
const stat = (d: string) => { const t = readFileSync(`/proc/${d}/stat`, "utf8"); const f = t.slice(t.lastIndexOf(")") + 2).split(" "); return { ppid: f[1], cpu: (Number(f[11]) + Number(f[12])) * 10_000 }; };
const dbCpu = () => { let sum = 0; for (const d of readdirSync("/proc")) if (/^\d+$/.test(d)) try { const s = stat(d); if (s.ppid === postmaster) sum += s.cpu; } catch {} return sum; };
const pool = new pg.Pool({ connectionString: base, max: 16 });
await pool.query("insert into channel_accounts (id, tenant_id, version, created_at, updated_at, type, name, enabled, settings, state) values ($1,'default',1,now(),now(),'http','x',true,'{}','{\"status\":\"connected\"}')", [account]);
const TEXT = "A customer writes about an order that has not arrived yet, and asks what can be done about it. ".repeat(8);
const intake = kernel.get(Intake);
let n = 0;
const msg = (i: number, senders: number) => { const s = i % 20 === 0 ? `new-${n}-${i}` : `sender-${(i * 7919) % senders}`; return { id: `m-${n}-${i}`, chat: `chat-${s}`, s }; };
const actor = { kind: "plugin" as const, id: "http-channel" };
async function oursOne(i: number) {
  const { id, chat, s } = msg(i, 500);
  await runInContext({ actor, correlationId: id }, () => intake.accept({ channelAccountId: account, channelType: "http", externalId: id, conversationExternalId: chat, sender: { name: `Customer ${s}`, identities: [{ kind: "http", value: s, verified: true }] }, parts: [{ type: "text", text: TEXT }], sentAt: new Date().toISOString() }));
}
async function baseOne(i: number) {
  const { id, chat, s } = msg(i, 500);
  await pool.query({ name: "receive", text: BASELINE_SQL, values: [account, id, chat, s, `Customer ${s}`, JSON.stringify([{ type: "text", text: TEXT }]), new Date().toISOString(), ...Array.from({ length: 8 }, () => ids.next())] });
}
async function run(one: (i: number) => Promise<void>, c: number, count: number) {
  n++;
  let next = 0;
  const cpu = process.cpuUsage(); const db0 = dbCpu(); const t = performance.now();
  await Promise.all(Array.from({ length: c }, async () => { while (next < count) await one(next++); }));
  const s = (performance.now() - t) / 1000; const u = process.cpuUsage(cpu);
  return { rate: count / s, cpu: (u.user + u.system) / count, db: (dbCpu() - db0) / count };
}
for (const [c, count] of [[32, 10000]] as const) {
  const r: number[] = [];
  for (let round = 0; round < Number(process.argv[2] ?? 4); round++) {
    const b = await run(baseOne, c, count); times.clear(); const o = await run(oursOne, c, count);
    if (round > 0) r.push(o.rate / b.rate);
    console.log(c, "base", b.rate.toFixed(0), b.cpu.toFixed(0), "db", b.db.toFixed(0), "ours", o.rate.toFixed(0), o.cpu.toFixed(0), "db", o.db.toFixed(0), "ratio", (o.rate / b.rate).toFixed(2));
    console.log([...times].map(([k, { n, ms }]) => `${k}: n=${n} avg=${(ms / n).toFixed(2)}ms total=${ms.toFixed(0)}`).join("\n"));
  }
}
await pool.end(); await kernel.stop(); await server.stop();
