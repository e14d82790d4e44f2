import type { ChannelAccount, Conversation, Message } from "@crmessenger/kernel/communication";
import type { Role, Team, User } from "@crmessenger/kernel/iam";
import type { ChannelIdentity, Contact, Deal, Lead, Pipeline } from "@crmessenger/kernel/sales";
import { keyOf } from "../state/table.ts";
import { entityTable } from "./entity-table.ts";

/** Under what an identity is found: its value, and the others that mean the same. */
export const IDENTITY_CLAIMS = "claims";

export function claimKey(tenantId: string, kind: string, value: string): string {
  return keyOf(tenantId, kind, value);
}

/** The tables of all entities, empty. */
export function createEntityTables() {
  return {
    users: entityTable<User>("users", { unique: { email: ["email"] } }),
    teams: entityTable<Team>("teams", { by: ["parentId"] }),
    roles: entityTable<Role>("roles", { unique: { name: ["name"] } }),
    contacts: entityTable<Contact>("contacts", {}),
    identities: entityTable<ChannelIdentity>("channel identities", {
      unique: { value: ["kind", "value"] },
      by: ["contactId"],
      more: [
        {
          name: IDENTITY_CLAIMS,
          unique: false,
          keys: (row) => [row.value, ...row.aliases].map((value) => claimKey(row.tenantId, row.kind, value)),
        },
      ],
    }),
    leads: entityTable<Lead>("leads", { by: ["contactId"] }),
    pipelines: entityTable<Pipeline>("pipelines", { unique: { name: ["name"] } }),
    deals: entityTable<Deal>("deals", { by: ["pipelineId", "contactId"] }),
    accounts: entityTable<ChannelAccount>("channel accounts", {}),
    conversations: entityTable<Conversation>("conversations", {
      unique: { chat: ["channelAccountId", "externalId"] },
      by: ["contactId", "leadId"],
    }),
    messages: entityTable<Message>("messages", {
      unique: { externalId: ["channelAccountId", "externalId"], ordinal: ["conversationId", "ordinal"] },
      by: ["conversationId"],
    }),
  };
}

export type EntityTables = ReturnType<typeof createEntityTables>;
