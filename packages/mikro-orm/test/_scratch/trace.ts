import { executionContext } from "@crmessenger/kernel";
import { startServices } from "../services.ts";
import { startPostgres } from "../postgres.ts";
const server = process.argv[2] === "pg" ? await startPostgres([]) : undefined;
const kernel = await startServices(server ? { url: server.url } : {});
const { eventLog: log, unitOfWork: units, ids, database } = kernel;
let T = 0; let on = false;
const q = database.query;
(database as any).query = async (sql: string, ...rest: any[]) => { const s = performance.now(); try { return await (q as any)(sql, ...rest); } finally { if (on) console.log((s - T).toFixed(2), "->", (performance.now() - T).toFixed(2), sql.trim().slice(0, 50).replaceAll("\n", " ")); } };
const event = (payload: any) => { const { tenantId, actor, correlationId, causationId } = executionContext(); const id = ids.next(); return { id, topic: "t", version: 1, aggregate: { type: "x", id }, payload, tenantId, actor, correlationId, causationId, occurredAt: new Date().toISOString() }; };
let got: () => void = () => {};
await log.subscribe({ name: "s", topics: ["t"], handle: async () => got() });
for (let i = 0; i < 200; i++) {
  await new Promise((r) => setTimeout(r, 5));
  on = i > 196; const arrived = new Promise<void>((r) => (got = r));
  T = performance.now(); await units.run(() => log.append([event({ i })])); if (on) console.log("committed", (performance.now() - T).toFixed(2)); await arrived; if (on) console.log("handler", (performance.now() - T).toFixed(2)); await new Promise((r) => setTimeout(r, 3)); on = false;
}
await kernel.stop(); await server?.stop();
