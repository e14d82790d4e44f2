import { executionContext } from "@crmessenger/kernel";
import { defineJob } from "@crmessenger/kernel/infrastructure";
import { startServices } from "../services.ts";
import { z } from "zod";
import { startPostgres } from "../postgres.ts";
const which = process.argv[2];
const server = which === "pg" ? await startPostgres([]) : undefined;
const t0 = performance.now();
const kernel = await startServices(server ? { url: server.url } : {});
console.log("start", (performance.now() - t0).toFixed(0), "rss", (process.memoryUsage().rss / 1e6).toFixed(0));
const { eventLog: log, unitOfWork: units, ids, jobs } = kernel;
const pct = (a: number[], p: number) => a.toSorted((x, y) => x - y)[Math.floor(a.length * p)]!.toFixed(2);
const event = (payload: any) => { const { tenantId, actor, correlationId, causationId } = executionContext(); const id = ids.next(); return { id, topic: "t", version: 1, aggregate: { type: "x", id }, payload, tenantId, actor, correlationId, causationId, occurredAt: new Date().toISOString() }; };
let got: (n: number) => void = () => {};
await log.subscribe({ name: "s", topics: ["t"], handle: async (events) => { for (const e of events) got(Number(e.payload["n"])); } });
await new Promise((r) => setTimeout(r, 300));
{
  const lat: number[] = [], commit: number[] = [];
  for (let n = 0; n < 300; n++) {
    const arrived = new Promise<void>((r) => (got = () => r()));
    const s = performance.now();
    await units.run(() => log.append([event({ n })]));
    const c = performance.now(); await arrived; lat.push(performance.now() - c); commit.push(c - s);
    await new Promise((r) => setTimeout(r, 5));
  }
  console.log("event commit", pct(commit, .5), "commit->handler p50/p99", pct(lat, .5), pct(lat, .99));
}
{
  let count = 0; const N = 10000; const all = new Promise<void>((r) => (got = () => { if (++count === N) r(); }));
  const s = performance.now(); const cpu = process.cpuUsage();
  await Promise.all(Array.from({ length: 16 }, async (_, w) => { for (let i = 0; i < N / 16 / 4; i++) await units.run(() => log.append([0, 1, 2, 3].map((n) => event({ n })))); }));
  const c = performance.now(); await all;
  const u = process.cpuUsage(cpu);
  console.log("events", N, "written in", (c - s).toFixed(0), "delivered in", (performance.now() - s).toFixed(0), "cpu us/event", ((u.user + u.system) / N).toFixed(0));
}
const job = defineJob("test.job", { data: z.object({ n: z.number() }) });
let ran: (n: number) => void = () => {};
await jobs.work(job, async ({ data }) => ran(data.n));
for (const keyed of [false, true]) {
  const lat: number[] = [], commit: number[] = [];
  for (let n = 0; n < 300; n++) {
    const arrived = new Promise<void>((r) => (ran = () => r()));
    const s = performance.now();
    await units.run(() => jobs.enqueue(job, { n }, keyed ? { key: "k" + n % 7 } : {}));
    const c = performance.now(); await arrived; lat.push(performance.now() - c); commit.push(c - s);
    await new Promise((r) => setTimeout(r, 5));
  }
  console.log(keyed ? "keyed" : "plain", "enqueue", pct(commit, .5), "commit->run p50/p99", pct(lat, .5), pct(lat, .99));
}
for (const keyed of [false, true]) {
  let count = 0; const N = 2000; const all = new Promise<void>((r) => (ran = () => { if (++count === N) r(); }));
  const s = performance.now(); const cpu = process.cpuUsage();
  for (let i = 0; i < N; i += 20) await units.run(async () => { for (let k = 0; k < 20; k++) await jobs.enqueue(job, { n: i + k }, keyed ? { key: "u" + (i + k) } : {}); });
  const c = performance.now(); await all;
  const u = process.cpuUsage(cpu);
  console.log(keyed ? "keyed" : "plain", "jobs", N, "enqueued in", (c - s).toFixed(0), "run in", (performance.now() - s).toFixed(0), "cpu us/job", ((u.user + u.system) / N).toFixed(0));
}
{ const cpu = process.cpuUsage(); await new Promise((r) => setTimeout(r, 10000)); const u = process.cpuUsage(cpu); console.log("idle cpu % of a core", ((u.user + u.system) / 1e5).toFixed(2)); }
await kernel.stop(); await server?.stop();
