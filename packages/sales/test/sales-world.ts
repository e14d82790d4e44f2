import { type Plugin, definePlugin } from "@crmessenger/kernel";
import { type Activity, Timeline } from "@crmessenger/kernel/communication";
import { type AccessSubject, PermissionManager } from "@crmessenger/kernel/iam";
import {
  type AuditRecord,
  Auditor,
  type Criteria,
  EventLog,
  type StoredEvent,
  everything,
  nothing,
} from "@crmessenger/kernel/infrastructure";
import type { Contact, Deal, Lead, Pipeline } from "@crmessenger/kernel/sales";
import { CreateContact, CreateDeal, CreateLead, CreatePipeline } from "@crmessenger/kernel/sales";
import { memory } from "@crmessenger/memory";
import { type TestClock, type TestKernel, createTestClock, createTestKernel } from "@crmessenger/testing";
import { sales } from "../src/index.ts";

export interface SalesWorld extends AsyncDisposable {
  readonly kernel: TestKernel;
  readonly clock: TestClock;
  /** Runs work as a user whose every permission has this scope. */
  as<T>(userId: string, scope: Criteria, work: () => Promise<T>): Promise<T>;
  /** All are created by the system; `input` replaces what the defaults say. */
  contact(input?: object): Promise<Contact>;
  lead(input?: object): Promise<Lead>;
  pipeline(input?: object): Promise<Pipeline>;
  /** In a pipeline of its own if none is named. */
  deal(input?: object): Promise<Deal>;
  events(): Promise<readonly StoredEvent[]>;
  audit(type: "contact" | "lead" | "deal" | "pipeline", id: string): Promise<readonly AuditRecord[]>;
  timeline(contactId: string): Promise<readonly Activity[]>;
}

/** Sales on a storage in memory, on a clock that stands still. */
export async function startSales(
  given: { readonly plugins?: readonly Plugin[]; readonly options?: Parameters<typeof sales>[0] } = {},
): Promise<SalesWorld> {
  const clock = createTestClock();
  const scopes = new Map<string, Criteria>();
  const plugins = [memory(), sales(given.options ?? {}), access(scopes)(), ...(given.plugins ?? [])];
  const kernel = await createTestKernel({ plugins, clock });
  const create = (input: object) =>
    kernel.bus.dispatch(CreateContact, { name: "Ada", identities: [], ownerId: null, attributes: {}, ...input });
  const pipeline = (input: object = {}) =>
    kernel.bus.dispatch(CreatePipeline, { name: "Coffee", currency: "EUR", ...input });
  const contact = async (input: object = {}) => (await create(input)).contact;
  return {
    kernel,
    clock,
    contact,
    pipeline,
    as(userId, scope, work) {
      scopes.set(userId, scope);
      const subject: AccessSubject = { kind: "user", id: userId, tenantId: "default", roles: [], teams: [] };
      return kernel.run(work, { actor: { kind: "user", id: userId }, subject });
    },
    lead: async (input = {}) =>
      kernel.bus.dispatch(CreateLead, {
        title: "A question about coffee",
        contactId: (input as { contactId?: string }).contactId ?? (await contact()).id,
        source: { channel: "manual" },
        ownerId: null,
        teamId: null,
        attributes: {},
        ...input,
      }),
    deal: async (input = {}) =>
      kernel.bus.dispatch(CreateDeal, {
        title: "Forty cups",
        pipelineId: (input as { pipelineId?: string }).pipelineId ?? (await pipeline()).id,
        amount: { amount: "2000", currency: "EUR" },
        contactId: null,
        ownerId: null,
        teamId: null,
        attributes: {},
        ...input,
      }),
    events: () => kernel.run(() => kernel.get(EventLog).read({ after: 0, limit: 1_000 })),
    audit: (type, id) => kernel.run(() => kernel.get(Auditor).history({ type, id })),
    timeline: async (contactId) => (await kernel.run(() => kernel.get(Timeline).of({ contactId }))).items,
    [Symbol.asyncDispose]: () => kernel.stop(),
  };
}

/** Grants every permission with the scope that the test gave the user. */
function access(scopes: ReadonlyMap<string, Criteria>) {
  return definePlugin({
    id: "access",
    version: "1.0.0",
    provides: { permissions: PermissionManager },
    boot: () => ({
      provide: {
        permissions: {
          check: async () => ({ granted: true, reason: "the test says so" }),
          scope: async ({ id }) => scopes.get(id) ?? nothing,
        },
      },
    }),
  });
}

export { everything };
