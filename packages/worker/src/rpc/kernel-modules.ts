import * as kernel from "@crmessenger/kernel";
import * as analytics from "@crmessenger/kernel/analytics";
import * as automation from "@crmessenger/kernel/automation";
import * as communication from "@crmessenger/kernel/communication";
import * as extensibility from "@crmessenger/kernel/extensibility";
import * as http from "@crmessenger/kernel/http";
import * as iam from "@crmessenger/kernel/iam";
import * as infrastructure from "@crmessenger/kernel/infrastructure";
import * as sales from "@crmessenger/kernel/sales";

/** The kernel's areas: their operations and events are known on both sides. */
export const kernelModules: readonly object[] = [
  kernel,
  analytics,
  automation,
  communication,
  extensibility,
  http,
  iam,
  infrastructure,
  sales,
];
