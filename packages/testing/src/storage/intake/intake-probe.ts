import { CrmError, type Plugin, definePlugin } from "@crmessenger/kernel";
import { SalesHooks } from "@crmessenger/kernel/sales";
import { createFaultPlan } from "../../faults/fault-plan.ts";

export const REFUSED_CONTACT = "Refuse this contact";
export const REFUSED_LEAD = "Refuse this lead";
export const CHANGED = "Change this lead";

/** Where a process can die that takes a message in; one plan for all, since one kernel serves all tests. */
export const death = createFaultPlan();

/** Taps the drafts of contacts and leads; what it does depends on the sender's name, so that one kernel serves all tests. */
export function intakeProbe(): Plugin {
  const probe = definePlugin({
    id: "testing-intake-probe",
    version: "1.0.0",
    extend(taps) {
      taps.tap(SalesHooks.contactDraft, async (draft) => {
        await Promise.resolve();
        death.pass(`contact of ${draft.name}`);
        if (draft.name === REFUSED_CONTACT) throw new CrmError("CRM_TEST_REFUSED", "Not this one.", { status: 409 });
        return draft.name === CHANGED ? { ...draft, attributes: { seen: true } } : undefined;
      });
      taps.tap(SalesHooks.leadDraft, (draft) => {
        death.pass(`lead ${draft.title}`);
        if (draft.title === REFUSED_LEAD) throw new Error("not this one");
        return draft.title === CHANGED ? { ...draft, title: "Changed", attributes: { score: 7 } } : undefined;
      });
    },
  });
  return probe();
}
