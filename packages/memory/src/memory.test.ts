import { createTestKernel, describeStorage, describeStorageContracts } from "@crmessenger/testing";
import { Storage } from "@crmessenger/kernel/infrastructure";
import { memory } from "./plugin.ts";

describeStorageContracts({ name: "memory", processes: "one", create: async () => ({ plugins: () => [memory()] }) });

describeStorage({
  name: "memory",
  async create() {
    const kernel = await createTestKernel({ plugins: [memory()] });
    return { storage: kernel.get(Storage), stop: () => kernel.stop() };
  },
});
