import { communication } from "@crmessenger/communication";
import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { describePlugin } from "@crmessenger/testing";
import { telegram } from "../src/index.ts";

describePlugin({
  plugin: () => telegram({ apiId: 1 }),
  others: () => [memory(), sales(), communication()],
  environment: { TELEGRAM_API_HASH: "0123456789abcdef" },
});
