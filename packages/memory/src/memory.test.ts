import { createTestKernel, describeStorage, describeStorageContracts, fullStorage } from "@crmessenger/testing";
import { Storage } from "@crmessenger/kernel/infrastructure";
import { memory } from "./plugin.ts";

describeStorageContracts({ name: "memory", processes: "one", create: async () => ({ plugins: () => [memory()] }) });

describeStorage({
  name: "memory",
  async create() {
    const kernel = await createTestKernel({ plugins: [memory()] });
    const storage = kernel.get(Storage);
    return { storage, full: () => fullStorage(storage, 100_000), stop: () => kernel.stop() };
  },
});
