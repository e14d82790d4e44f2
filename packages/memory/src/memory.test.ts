import { describeStorageContracts } from "@crmessenger/testing";
import { memory } from "./plugin.ts";

describeStorageContracts({ name: "memory", processes: "one", create: async () => ({ plugins: () => [memory()] }) });
