import { type Kernel, createKernel, definePlugin } from "@crmessenger/kernel";
import {
  EventLog,
  type NewEvent,
  SqlDatabase,
  everything,
  silentLogger,
  systemClock,
  uuidV7,
  where,
} from "@crmessenger/kernel/infrastructure";
import { RoleRepository } from "@crmessenger/kernel/iam";
import { type Lead, LeadCreated, LeadRepository, leadShape } from "@crmessenger/kernel/sales";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { createDatabase } from "../src/database/create-database.ts";
import type { SchemaStep } from "../src/background/migration.ts";
import { PgliteEngine } from "../src/database/pglite-engine.ts";
import { leadVersion2Schema } from "../src/entities/lead-version-2-schema.ts";
import { migrate } from "../src/migration/migrate.ts";
import { migrations } from "../src/migrations.ts";
import { LazyOrm } from "../src/orm/lazy-orm.ts";
import { mikroOrm } from "../src/plugin.ts";
import { createDatabaseFrom, dropDatabase } from "./postgres-databases.ts";
import { postgresEngine } from "./postgres-engine.ts";
import type { Place } from "./services.ts";

/** New databases: nothing has been there yet. */
const places: Readonly<Record<string, () => Promise<Place>>> = {
  PGlite: async () => {
    const directory = await mkdtemp(join(tmpdir(), "crmessenger-old-"));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    return { directory };
  },
  "PostgreSQL 15": async () => {
    const name = `old_${process.pid}_${Math.random().toString(36).slice(2, 8)}`;
    onTestFinished(() => dropDatabase(inject("postgresUrl"), name));
    return { url: await createDatabaseFrom(inject("postgresUrl"), name) };
  },
};

const ids = uuidV7();
const contactId = ids.next();
const at = "2026-01-05T09:00:00.000Z";

/** A lead as version 1 of it was stored and logged. */
const leadV1 = {
  id: ids.next(),
  tenantId: "default",
  version: 2,
  createdAt: at,
  updatedAt: "2026-01-06T10:30:00.000Z",
  deletedAt: null,
  title: "A new kitchen",
  contactId,
  status: "in-progress",
  statusChangedAt: "2026-01-06T10:30:00.000Z",
  source: { channel: "telegram" },
  ownerId: "u1",
  teamId: null,
  attributes: { size: "L" },
};

const ROLE = `insert into roles (id, tenant_id, version, created_at, updated_at, name, grants) values ($1, 'default', 1, $2, $2, $3, $4::jsonb)`;
const condition = (field: string) => ({ op: "not", criteria: { op: "lt", field, value: at } });
const grants = (field: string) => [{ permission: "sales.lead.read", scope: "all", criteria: condition(field) }];

/** What an application left behind that knew leads in version 1 only. */
async function leaveOldDatabase(place: Place): Promise<void> {
  const engine = "url" in place ? postgresEngine({ url: place.url, poolSize: 2 }) : new PgliteEngine(place);
  const services = { clock: systemClock, ids, logger: silentLogger, engine };
  const database = createDatabase({ ...services, entityManager: async () => (await orm.load()).entityManager() });
  const orm = new LazyOrm(database.units);
  await database.open();
  const old = migrations.slice(0, migrations.indexOf(leadVersion2Schema[0] as SchemaStep));
  await migrate({ orm, database, engine }, old);
  const { id, version, createdAt, updatedAt, title, status, statusChangedAt, source, ownerId, attributes } = leadV1;
  await database.query(
    `insert into contacts (id, tenant_id, version, created_at, updated_at, name) values ($1, 'default', 1, $2, $2, 'Ada')`,
    [contactId, createdAt],
  );
  await database.query(
    `insert into leads (id, tenant_id, version, created_at, updated_at, title, contact_id, status, status_changed_at, source, owner_id, attributes)
    values ($1, 'default', $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10, $11::jsonb)`,
    [
      ...Object.values({ id, version, createdAt, updatedAt, title, contactId, status, statusChangedAt }),
      ...Object.values({ source: JSON.stringify(source), ownerId, attributes: JSON.stringify(attributes) }),
    ],
  );
  await database.query(ROLE, [ids.next(), at, "patient", JSON.stringify(grants("statusChangedAt"))]);
  await database.query(ROLE, [ids.next(), at, "plain", JSON.stringify(grants("title"))]);
  await database.query(
    `insert into events (uuid, tenant_id, topic, version, aggregate_type, aggregate_id, payload, actor_kind, actor_id, correlation_id, occurred_at)
    values ($1, 'default', 'lead.created', 1, 'lead', $2, $3::jsonb, 'system', 'system', $4, $5)`,
    [ids.next(), id, JSON.stringify({ lead: leadV1 }), ids.next(), createdAt],
  );
  await database.close();
}

interface Seen {
  readonly version: number;
  readonly lead: unknown;
}

async function start(place: Place, seen: Record<"old" | "current", Seen[]>): Promise<Kernel> {
  const options = "url" in place ? { databaseUrl: place.url } : { dataDirectory: place.directory };
  const subscriber = definePlugin({
    id: "subscriber",
    version: "1.0.0",
    events: [LeadCreated],
    subscribe: (events) => {
      events.subscription({ name: "old", from: "start" });
      events.on(LeadCreated.at(1), async ({ version, payload: { lead } }) => void seen.old.push({ version, lead }));
      events.subscription({ name: "current", from: "start" });
      events.on(LeadCreated, async ({ version, payload: { lead } }) => void seen.current.push({ version, lead }));
    },
  });
  const environment = { CRMESSENGER_SECRET_KEY: Buffer.alloc(32, 1).toString("base64") };
  const plugins = [mikroOrm(options), subscriber()];
  const kernel = await createKernel({ plugins, environment, logger: silentLogger });
  onTestFinished(() => kernel.stop());
  return kernel;
}

describe.each(Object.entries(places))("A database with leads of version 1 on %s", (_, create) => {
  test("is brought up to version 2: rows, conditions of roles, and events for those who read them", async () => {
    const place = await create();
    await leaveOldDatabase(place);
    const seen = { old: [], current: [] };
    const kernel = await start(place, seen);
    const lead: Lead = leadShape.convert(leadV1, 1, 2);

    const leads = kernel.get(LeadRepository);
    expect(await leads.get(leadV1.id)).toEqual(lead);
    const unmoved = where<Lead>("statusSince").eq(leadV1.statusChangedAt);
    expect(await leads.find(unmoved)).toEqual({ items: [lead] });
    const updated = await leads.update({ ...lead, statusReason: "Called back" });
    expect(await leads.find(where<Lead>("statusReason").startsWith("Called"))).toEqual({ items: [updated] });

    const roles = await kernel.get(RoleRepository).find(everything);
    expect(new Map(roles.items.map((role) => [role.name, [role.version, role.grants]]))).toEqual(
      new Map([
        ["patient", [2, grants("statusSince")]],
        ["plain", [1, grants("title")]],
      ]),
    );

    await expect
      .poll(() => seen, { timeout: 10_000 })
      .toEqual({
        old: [{ version: 1, lead: leadV1 }],
        current: [{ version: 2, lead }],
      });
    const [logged] = await kernel.run(() => kernel.get(EventLog).read({ after: 0 }));
    expect(logged satisfies NewEvent | undefined).toMatchObject({ version: 1, payload: { lead: leadV1 } });
    const applied = await kernel.get(SqlDatabase).query("select name from crmessenger_migrations order by id");
    expect(applied).toEqual(migrations.map(({ name }) => ({ name })));
  });
});
