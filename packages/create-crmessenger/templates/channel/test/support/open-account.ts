import { communication } from "@crmessenger/communication";
import type { Kernel } from "@crmessenger/kernel";
import { type ChannelAccount, type ChannelProvider, ChannelRegistry } from "@crmessenger/kernel/communication";
import { memory } from "@crmessenger/memory";
import { httpClient } from "@crmessenger/node";
import { sales } from "@crmessenger/sales";
import { createTestKernel } from "@crmessenger/testing";
import { templateName } from "../../src/plugin.ts";

/** An application with the channel, that looks for what is new all the time. */
export function startKernel(): Promise<Kernel> {
  const local = httpClient({ allowedHosts: ["127.0.0.1"] });
  return createTestKernel({ plugins: [memory(), local, sales(), communication(), templateName({ pollEveryMs: 20 })] });
}

export function providerOf(kernel: Kernel): ChannelProvider {
  return kernel.get(ChannelRegistry).provider("template-name");
}

let accounts = 0;

export function accountAt(apiUrl: string): ChannelAccount {
  const at = new Date().toISOString();
  return {
    id: `account-${(accounts += 1)}`,
    tenantId: "default",
    version: 1,
    createdAt: at,
    updatedAt: at,
    deletedAt: null,
    type: "template-name",
    name: "Shop",
    enabled: true,
    settings: { apiUrl },
    externalId: null,
    state: { status: "stopped", reason: "" },
  };
}
