import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Storage } from "@crmessenger/kernel/infrastructure";
import { describePlugin } from "@crmessenger/testing";
import { httpClient, node } from "../src/index.ts";

const folders: string[] = [];

describePlugin({
  name: "node",
  async plugin() {
    const filesDirectory = await mkdtemp(join(tmpdir(), "crmessenger-node-"));
    folders.push(filesDirectory);
    return node({ filesDirectory, logLevel: "silent" });
  },
  async exercise(kernel) {
    await kernel.get(Storage).put("notes/one", new TextEncoder().encode("one"), { mimeType: "text/plain" });
  },
  async drop() {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
  },
});

describePlugin({ name: "http client alone", plugin: () => httpClient() });
