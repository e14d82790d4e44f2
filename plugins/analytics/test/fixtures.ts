import { rm } from "node:fs/promises";
import { definePlugin, runInContext, type Kernel, type Plugin } from "@crmessenger/kernel";
import { Projections } from "@crmessenger/kernel/analytics";
import {
  type AttachedField,
  CustomFieldManager,
  type FieldType,
  fieldDefaults,
} from "@crmessenger/kernel/extensibility";
import { EventLog, type NewEvent, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import { mikroOrm } from "@crmessenger/mikro-orm";
import { sales } from "@crmessenger/sales";
import { createTestKernel, eventually } from "@crmessenger/testing";
import { createScratchDirectory, startPostgres } from "@crmessenger/testing/postgres";
import { analytics } from "../src/index.ts";
import type { SummaryRequest } from "../src/summary/summary-plan.ts";

const environment = { CRMESSENGER_SECRET_KEY: Buffer.alloc(32, 1).toString("base64") };

/** An application with reports, on the embedded database or on a server of its own. */
export async function startApplication(
  engine: "embedded" | "server",
  more: readonly Plugin[] = [],
  summaries: readonly SummaryRequest[] = [],
) {
  const { storage, drop } = await (engine === "embedded" ? embedded() : onServer());
  const kernel = await startOn(storage, more, summaries);
  const stop = async () => {
    await kernel.stop();
    await drop();
  };
  return { kernel, stop };
}

/** An application with reports on a database that may hold something already. */
export function startOn(storage: Plugin, more: readonly Plugin[] = [], summaries: readonly SummaryRequest[] = []) {
  const plugins = [storage, sales(), analytics({ delayMs: 0, summaries: [...summaries] }), ...more];
  return createTestKernel({ plugins, environment });
}

async function embedded() {
  const dataDirectory = await createScratchDirectory("crmessenger-analytics-");
  return {
    storage: mikroOrm({ dataDirectory }),
    drop: () => rm(dataDirectory, { recursive: true, force: true }),
  };
}

async function onServer() {
  const server = await startPostgres();
  return { storage: mikroOrm({ databaseUrl: server.url }), drop: () => server.stop() };
}

/** Records what happened in a tenant. */
export async function record(kernel: Kernel, tenantId: string, events: readonly NewEvent[]): Promise<void> {
  await runInContext({ tenantId }, () => kernel.get(UnitOfWork).run(() => kernel.get(EventLog).append(events)));
}

/** Waits until every projection serves and has seen everything. */
export async function upToDate(kernel: Kernel): Promise<void> {
  await eventually(async () => {
    const states = await kernel.get(Projections).states();
    const behind = states.filter(({ lag, status }) => lag > 0 || status !== "live");
    if (states.length === 0 || behind.length > 0) throw new Error(`Behind: ${JSON.stringify(behind)}`);
  });
}

export function field(name: string, type: FieldType, more: Partial<AttachedField> = {}): AttachedField {
  return {
    entity: "lead",
    name,
    label: name,
    ...fieldDefaults,
    type,
    reportable: true,
    version: 1,
    plugin: null,
    archived: false,
    ...more,
  };
}

/** Custom fields that are what the list says, and are not written. */
export function fixedFields(fields: readonly AttachedField[]) {
  const refuse = () => Promise.reject(new Error("These fields are fixed."));
  const manager: CustomFieldManager = {
    fields: async (entity) => fields.filter((each) => each.entity === entity),
    readableFields: async (entity) => fields.filter((each) => each.entity === entity),
    attachField: refuse,
    updateField: refuse,
    changeType: refuse,
    setArchived: refuse,
    apply: async ({ next }) => next.attributes,
    getValues: refuse,
    getValue: refuse,
    jsonSchema: refuse,
  };
  return definePlugin({
    id: "fixed-fields",
    version: "1.0.0",
    provides: { manager: CustomFieldManager },
    boot: () => ({ provide: { manager } }),
  })();
}
