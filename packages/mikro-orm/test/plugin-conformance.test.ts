import type { PluginHarness } from "@crmessenger/testing";
import { describePlugin } from "@crmessenger/testing";
import { Settings } from "@crmessenger/kernel/infrastructure";
import type { StorageHarness, TestDatabase } from "@crmessenger/testing";
import { postgresHarness } from "./storage-harnesses.ts";

function harnessOf(storage: StorageHarness): PluginHarness {
  const databases: TestDatabase[] = [];
  return {
    name: storage.name,
    async plugin() {
      const database = await storage.create();
      databases.push(database);
      const [plugin] = database.plugins();
      if (!plugin) throw new Error("The harness has no plugin.");
      return plugin;
    },
    environment: { CRMESSENGER_SECRET_KEY: Buffer.alloc(32, 1).toString("base64") },
    exercise: (kernel) => kernel.run(() => kernel.get(Settings).set("testing.anything", 1)),
    async drop() {
      for (const database of databases.splice(0)) await database.drop?.();
    },
  };
}

// On a server, which starts sooner than the embedded database: what the plugin promises as a plugin is the same on both.
describePlugin(harnessOf(postgresHarness));
