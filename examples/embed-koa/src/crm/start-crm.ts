import { communication } from "@crmessenger/communication";
import { http } from "@crmessenger/http";
import { httpChannel } from "@crmessenger/http-channel";
import { type Kernel, createKernel } from "@crmessenger/kernel";
import { mikroOrm } from "@crmessenger/mikro-orm";
import { node } from "@crmessenger/node";
import { sales } from "@crmessenger/sales";
import type { Pool } from "pg";
import type { Sessions } from "../shop/sessions.ts";
import { orderFollowUp } from "./order-follow-up.ts";
import { shopAccess } from "./shop-access.ts";

export interface CrmOptions {
  readonly pool: Pool;
  readonly sessions: Sessions;
  readonly filesDirectory: string;
  /** Hosts on this machine or its network that channels may call. */
  readonly allowedHosts: readonly string[];
  /** Where the plugins' variables come from, such as CRMESSENGER_SECRET_KEY. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** CRMessenger inside the shop: on its pool, in a schema of its own, without a server of its own. */
export function startCrm({ pool, sessions, filesDirectory, allowedHosts, environment }: CrmOptions): Promise<Kernel> {
  return createKernel({
    environment,
    plugins: [
      mikroOrm({ pool, schema: "crm" }),
      node({ filesDirectory, allowedHosts: [...allowedHosts], logLevel: "warn" }),
      http({ listen: false }),
      sales(),
      communication(),
      httpChannel(),
      shopAccess(sessions),
      orderFollowUp(),
    ],
  });
}
