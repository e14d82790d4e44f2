import type { Plugin } from "@crmessenger/kernel";
import type { AttachedField } from "@crmessenger/kernel/extensibility";
import { type AccessSubject, type Grant, SaveRole } from "@crmessenger/kernel/iam";
import { iam } from "@crmessenger/iam";
import type { Attributes } from "@crmessenger/kernel/infrastructure";
import { type Contact, CreateContact, CreateLead, type Lead } from "@crmessenger/kernel/sales";
import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { type TestClock, type TestKernel, createTestClock, createTestKernel } from "@crmessenger/testing";
import { AttachField, customFields } from "../../src/index.ts";

type Definition = Partial<Omit<AttachedField, "name" | "type">> & Pick<AttachedField, "name" | "type">;

export interface FieldsWorld extends AsyncDisposable {
  readonly kernel: TestKernel;
  readonly clock: TestClock;
  /** Attaches a field; what is left out has its default. */
  attach(entity: string, definition: Definition): Promise<AttachedField>;
  contact(attributes?: Attributes): Promise<Contact>;
  lead(attributes?: Attributes): Promise<Lead>;
  /** Runs work as a user who may do this. */
  as<T>(grants: readonly string[], work: () => Promise<T>): Promise<T>;
}

/** Sales and custom fields on a storage in memory, on a clock that stands still. */
export async function startFields(given: { readonly plugins?: readonly Plugin[] } = {}): Promise<FieldsWorld> {
  const clock = createTestClock();
  const plugins = [memory(), iam(), sales(), customFields(), ...(given.plugins ?? [])];
  const kernel = await createTestKernel({ plugins, clock });
  let roles = 0;
  const contact = async (attributes: Attributes = {}) => {
    const created = await kernel.bus.dispatch(CreateContact, {
      name: "Anna",
      identities: [],
      ownerId: null,
      attributes,
    });
    return created.contact;
  };
  return {
    kernel,
    clock,
    contact,
    attach: (entity, definition) =>
      kernel.bus.execute(AttachField, {
        entity,
        definition: { label: definition.name, ...definition },
      }) as Promise<never>,
    async lead(attributes = {}) {
      const contactId = (await contact()).id;
      const source = { channel: "telegram" };
      const draft = { title: "A kitchen", contactId, source, ownerId: null, teamId: null, attributes };
      return kernel.bus.dispatch(CreateLead, draft);
    },
    async as(permissions, work) {
      roles += 1;
      const grants = permissions.map((permission): Grant => ({ permission, scope: "all" }));
      const role = await kernel.bus.dispatch(SaveRole, { name: `role ${roles}`, grants });
      const id = `user-${roles}`;
      const subject: AccessSubject = { kind: "user", id, tenantId: "default", roles: [role.id], teams: [] };
      return kernel.run(work, { actor: { kind: "user", id }, subject });
    },
    [Symbol.asyncDispose]: () => kernel.stop(),
  };
}
