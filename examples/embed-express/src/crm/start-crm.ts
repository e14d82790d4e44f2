import { join } from "node:path";
import { communication } from "@crmessenger/communication";
import { http } from "@crmessenger/http";
import { httpChannel } from "@crmessenger/http-channel";
import { iam } from "@crmessenger/iam";
import { type Kernel, createKernel } from "@crmessenger/kernel";
import { mikroOrm } from "@crmessenger/mikro-orm";
import { node } from "@crmessenger/node";
import { sales } from "@crmessenger/sales";

export interface CrmOptions {
  /** Where the embedded database and the files live. */
  readonly dataDirectory: string;
  /** Whether there is an API over HTTP; the workshop's own routes call CRMessenger in the process either way. */
  readonly api: boolean;
}

/** CRMessenger beside the workshop's database: with an embedded one of its own. */
export function startCrm({ dataDirectory, api }: CrmOptions): Promise<Kernel> {
  return createKernel({
    environment: {},
    plugins: [
      mikroOrm({ dataDirectory: join(dataDirectory, "database") }),
      node({ filesDirectory: join(dataDirectory, "files"), logLevel: "warn" }),
      iam(),
      sales(),
      communication(),
      httpChannel(),
      ...(api ? [http({ listen: false })] : []),
    ],
  });
}
