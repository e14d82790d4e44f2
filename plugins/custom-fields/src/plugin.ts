import { AsyncLocalStorage } from "node:async_hooks";
import { KernelHooks, definePlugin, executionContext, runInContext, work } from "@crmessenger/kernel";
import {
  type AttributeHolderKind,
  AttributeHolders,
  CustomFieldChanged,
  CustomFieldManager,
  DeclaredFields,
  type FieldFormula,
  FieldFormulas,
} from "@crmessenger/kernel/extensibility";
import { PermissionManager } from "@crmessenger/kernel/iam";
import {
  AttributeIndexes,
  Auditor,
  Clock,
  Collections,
  EventDispatcher,
  EventHooks,
  Jobs,
  UnitOfWork,
  createRegistry,
} from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { FieldAccess } from "./access/field-access.ts";
import { guardEvent, guardOperation } from "./access/guard-operation.ts";
import { tapWrites, writePoints } from "./access/tap-writes.ts";
import { FieldCatalogue } from "./definitions/field-catalogue.ts";
import { fieldCollection } from "./definitions/field-collection.ts";
import { fieldHandlers } from "./handlers.ts";
import { IndexField, keepIndex } from "./indexes/index-field.ts";
import { indexDeclared } from "./indexes/index-declared.ts";
import { createCustomFieldManager } from "./manager.ts";
import type { FieldServices } from "./services.ts";
import { version } from "./version.ts";

const options = z.strictObject({
  /** Milliseconds until a change of fields that another process made shows here. Default 1 000. */
  cacheMs: z.number().int().nonnegative().default(1_000),
});

/** Fields that owners add to leads, contacts and other entities, without a deploy. */
export const customFields = definePlugin({
  id: "custom-fields",
  version,
  deps: {
    auditor: Auditor,
    clock: Clock,
    collections: Collections,
    declared: DeclaredFields,
    events: EventDispatcher,
    indexes: AttributeIndexes,
    jobs: Jobs,
    unitOfWork: UnitOfWork,
  },
  optionalDeps: { permissions: PermissionManager },
  provides: { manager: CustomFieldManager, holders: AttributeHolders, formulas: FieldFormulas },
  options,
  permissions: ["custom-fields.*"],
  // Their owners call them; declared here too, so that an application without one of the owners boots.
  hooks: [...writePoints, EventHooks.shown],
  events: [CustomFieldChanged],
  boot({ permissions, collections, declared, clock, ...given }, context) {
    const fields = collections.open(fieldCollection);
    const holders = createRegistry<AttributeHolderKind>("kind of entity with custom fields");
    const formulas = createRegistry<FieldFormula>("field formula");
    /** A tenant may be seen first inside somebody's unit of work, which the jobs are no part of. */
    const detached = AsyncLocalStorage.snapshot();
    const indexNow = (tenantId: string) =>
      detached(() => context.run(() => runInContext({ tenantId }, () => indexDeclared(given.jobs, declared))));
    const tenantSeen = () => {
      const { tenantId } = executionContext();
      indexNow(tenantId).catch((error: unknown) =>
        context.logger.warn("The indexes of declared fields could not be asked for; the next start asks again.", {
          error,
        }),
      );
    };
    const catalogue = new FieldCatalogue({ ...given, clock, declared, fields, tenantSeen }, context.options.cacheMs);
    const services: FieldServices = {
      ...given,
      access: new FieldAccess(permissions),
      catalogue,
      fields,
      formulas,
      holders,
    };
    const manager = createCustomFieldManager(services);
    return {
      provide: { manager, holders, formulas },
      handlers: fieldHandlers(services, manager),
      jobs: [work(IndexField, ({ data }) => keepIndex(services, data))],
    };
  },
  extend(taps, { manager, holders }) {
    tapWrites(taps, manager);
    taps.tap(EventHooks.shown, (event) => guardEvent({ manager, holders }, event), { stage: "last" });
    taps.tap(KernelHooks.operation, (call, next) => guardOperation({ manager, holders }, call, next), {
      stage: "first",
    });
  },
});
