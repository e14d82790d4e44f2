import { communication } from "@crmessenger/communication";
import { CreateContact } from "@crmessenger/kernel/sales";
import { iam } from "@crmessenger/iam";
import { memory } from "@crmessenger/memory";
import { httpClient } from "@crmessenger/node";
import { sales } from "@crmessenger/sales";
import { describePlugin } from "@crmessenger/testing";
import { webhooks } from "../src/index.ts";

describePlugin({
  plugin: () => webhooks(),
  others: () => [memory(), httpClient(), iam(), sales(), communication()],
  async exercise(kernel) {
    await kernel.run(() =>
      kernel.bus.dispatch(CreateContact, { name: "Ada", identities: [], ownerId: null, attributes: {} }),
    );
    await kernel.delivered("contact.created", "webhooks.main");
  },
});
