import { defineJob } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { startServices } from "../services.ts";
const kernel = await startServices({});
const { database, jobs, eventLog } = kernel;
const q = database.query; const sums = new Map<string, { n: number; ms: number }>();
(database as any).query = async (sql: string, ...rest: any[]) => { const s = performance.now(); try { return await (q as any)(sql, ...rest); } finally { const k = sql.trim().slice(0, 60).replaceAll("\n", " "); const e = sums.get(k) ?? { n: 0, ms: 0 }; e.n++; e.ms += performance.now() - s; sums.set(k, e); } };
for (let i = 0; i < 8; i++) await jobs.work(defineJob("test.j" + i, { data: z.unknown() }), async () => {});
for (let i = 0; i < 8; i++) await eventLog.subscribe({ name: "s" + i, topics: ["t"], handle: async () => {} });
const cpu = process.cpuUsage(); await new Promise((r) => setTimeout(r, 10000)); const u = process.cpuUsage(cpu); console.log("idle cpu % of a core", ((u.user + u.system) / 1e5).toFixed(2));
for (const [k, v] of sums) console.log(v.n, (v.ms / v.n).toFixed(2), k);
{ const s = performance.now(); await database.query("vacuum (analyze)"); console.log("vacuum", performance.now() - s); }
{ const s = performance.now(); await database.query("vacuum (analyze)"); console.log("vacuum", performance.now() - s); }
await kernel.stop();
