import type { Contract } from "@crmessenger/kernel";
import { contractName } from "@crmessenger/kernel";
import { AnalyticsEngine } from "@crmessenger/kernel/analytics";
import { ChannelRegistry, Intake, Timeline } from "@crmessenger/kernel/communication";
import { HttpServer } from "@crmessenger/kernel/http";
import { Authenticator, PermissionManager } from "@crmessenger/kernel/iam";
import {
  AttributeIndexes,
  Auditor,
  Collections,
  EventLog,
  HttpClient,
  Idempotency,
  Jobs,
  Leases,
  RateBudget,
  Secrets,
  Settings,
  SqlDatabase,
  Storage,
  UnitOfWork,
} from "@crmessenger/kernel/infrastructure";
import { CrmProviders, IdentityNormaliser } from "@crmessenger/kernel/sales";

const STORAGE = ["mikroOrm() of @crmessenger/mikro-orm", "memory() of @crmessenger/memory, for trials"];

/** Where our own packages provide a contract. */
const KNOWN: readonly { readonly contracts: readonly Contract<unknown>[]; readonly plugins: readonly string[] }[] = [
  {
    contracts: [
      AttributeIndexes,
      Auditor,
      Collections,
      EventLog,
      Idempotency,
      Intake,
      Jobs,
      Leases,
      RateBudget,
      Secrets,
      Settings,
      Timeline,
      UnitOfWork,
    ],
    plugins: STORAGE,
  },
  { contracts: [SqlDatabase], plugins: ["mikroOrm() of @crmessenger/mikro-orm"] },
  { contracts: [Storage], plugins: ["node() of @crmessenger/node", "memory() of @crmessenger/memory, for trials"] },
  { contracts: [HttpClient], plugins: ["node() or httpClient() of @crmessenger/node"] },
  { contracts: [Authenticator, PermissionManager], plugins: ["iam() of @crmessenger/iam"] },
  { contracts: [ChannelRegistry], plugins: ["communication() of @crmessenger/communication"] },
  { contracts: [CrmProviders, IdentityNormaliser], plugins: ["sales() of @crmessenger/sales"] },
  { contracts: [AnalyticsEngine], plugins: ["analytics() of @crmessenger/analytics"] },
  { contracts: [HttpServer], plugins: ["http() of @crmessenger/http"] },
];

/** The plugins of ours that provide the contract of this id; repositories all come with a storage. */
export function knownProviders(contractId: string): readonly string[] {
  const name = contractId.replace(/@\d+$/, "");
  if (name.endsWith("-repository")) return STORAGE;
  return KNOWN.find(({ contracts }) => contracts.some((known) => contractName(known) === name))?.plugins ?? [];
}

/** A sentence to put after what is missing; empty when we know no provider. */
export function suggestPackages(contractId: string): string {
  const plugins = knownProviders(contractId);
  return plugins.length === 0 ? "" : ` Add ${plugins.join(", or ")}.`;
}
