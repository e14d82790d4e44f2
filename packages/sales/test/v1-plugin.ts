import { type Plugin, definePlugin } from "@crmessenger/kernel";
import { MessageBus, where } from "@crmessenger/kernel/infrastructure";
import { CreateLead, LeadCreated, LeadStatusChanged, type LeadV1, ListLeads } from "@crmessenger/kernel/sales";

/** What a plugin does that was written while leads were in version 1, and what it gets. */
export interface V1Plugin {
  readonly plugin: Plugin;
  /** Of the leads in the events it got. */
  readonly seen: { readonly version: number; readonly lead: LeadV1 }[];
  create(contactId: string): Promise<LeadV1>;
  /** The leads whose status is as old as that. */
  unmovedSince(time: string): Promise<readonly LeadV1[]>;
}

/** Says `.at(1)` wherever it names a lead, and is never changed. */
export function v1Plugin(): V1Plugin {
  const seen: { readonly version: number; readonly lead: LeadV1 }[] = [];
  let bus: MessageBus | undefined;
  const onBus = <T>(work: (bus: MessageBus) => Promise<T>) =>
    bus ? work(bus) : Promise.reject(new Error("The plugin has not booted."));
  const define = definePlugin({
    id: "v1-plugin",
    version: "1.0.0",
    deps: { bus: MessageBus },
    permissions: ["sales.lead.*"],
    boot: (services) => {
      bus = services.bus;
      return {};
    },
    subscribe: (events) => {
      events
        .on(LeadCreated.at(1), async ({ version, payload: { lead } }) => void seen.push({ version, lead }))
        .on(LeadStatusChanged.at(1), async ({ version, payload: { lead } }) => void seen.push({ version, lead }));
    },
  });
  return {
    plugin: define(),
    seen,
    create: (contactId) =>
      onBus((running) =>
        running.dispatch(CreateLead.at(1), {
          title: "Written for version 1",
          contactId,
          source: { channel: "manual" },
          ownerId: null,
          teamId: null,
          attributes: {},
        }),
      ),
    unmovedSince: async (time) => {
      const criteria = where<LeadV1>("statusChangedAt").lte(time);
      return (await onBus((running) => running.ask(ListLeads.at(1), { criteria }))).items;
    },
  };
}
