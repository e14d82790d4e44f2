import type { AttributeHolderKind } from "@crmessenger/kernel/extensibility";
import {
  AssignLead,
  ChangeLeadStatus,
  CreateLead,
  GetLead,
  type Lead,
  ListLeads,
  UpdateLead,
} from "@crmessenger/kernel/sales";
import { CONVERT_ACTION, holdingOf } from "../record/attribute-holder.ts";
import { mergeAttributes } from "../record/merge-attributes.ts";
import type { SalesServices } from "../services.ts";
import { storeLead } from "./store-lead.ts";

/** Leads as holders of custom fields. */
export function leadHolder(services: SalesServices): AttributeHolderKind {
  const oneLead = [CreateLead, UpdateLead, AssignLead, ChangeLeadStatus, GetLead];
  return {
    name: "lead",
    label: "Lead",
    state: { field: "status", values: services.states.all().map(({ status }) => status) },
    permissions: { read: GetLead.permission ?? "", write: UpdateLead.permission ?? "" },
    operations: [
      ...oneLead.map(({ name }) => ({ operation: name, at: "" })),
      { operation: ListLeads.name, at: "items" },
    ],
    ...holdingOf<Lead>({
      what: "lead",
      repository: services.leads,
      store: (before, patch) =>
        storeLead(services, {
          before,
          after: { ...before, attributes: mergeAttributes(before.attributes, patch) },
          action: CONVERT_ACTION,
        }),
    }),
  };
}
