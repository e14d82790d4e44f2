import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { HttpClient, Storage } from "@crmessenger/kernel/infrastructure";
import { createTestKernel } from "@crmessenger/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { httpClient } from "./http-client-plugin.ts";
import { node } from "./plugin.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "node-plugin-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe("node", () => {
  it("provides files and an HTTP client, and is healthy", async () => {
    const server = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
    await once(server, "listening");
    await using kernel = await createTestKernel({
      plugins: [node({ filesDirectory: directory, allowedHosts: ["127.0.0.1"], logLevel: "silent" })],
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { body } = await kernel.get(HttpClient).request({ method: "GET", url });
    await kernel.get(Storage).put("a", body, { mimeType: "text/plain" });
    expect((await kernel.get(Storage).stat("a"))?.size).toBe(5);
    expect(await kernel.health()).toEqual({ status: "up", plugins: { node: { status: "up" } } });
    server.close();
  });

  it("is down while its directory can't be used", async () => {
    await using kernel = await createTestKernel({ plugins: [node({ filesDirectory: directory })] });
    await rm(directory, { recursive: true });
    expect((await kernel.health()).plugins["node"]).toMatchObject({
      status: "down",
      reason: expect.stringContaining(directory) as string,
    });
  });

  it("stops the boot with the directory's name when it can't be made", async () => {
    await writeFile(join(directory, "file"), "");
    await expect(
      createTestKernel({ plugins: [node({ filesDirectory: join(directory, "file", "x") })] }),
    ).rejects.toThrow(/filesDirectory/);
  });

  it("stops the boot at a level that doesn't exist, a host that can't be one, an unknown option", async () => {
    await expect(createTestKernel({ plugins: [node()], environment: { LOG_LEVEL: "loud" } })).rejects.toThrow(
      /LOG_LEVEL is debug/,
    );
    await expect(createTestKernel({ plugins: [node({ allowedHosts: ["http://x"] })] })).rejects.toThrow(/allowedHosts/);
    await expect(createTestKernel({ plugins: [node({ speed: 1 } as never)] })).rejects.toThrow(/plugin "node"/);
  });

  it.each([
    [{}, {}, ["", "info,warn"]],
    [{ logTo: "stdout", logLevel: "warn" }, {}, ["warn", ""]],
    [{ logLevel: "warn" }, { LOG_LEVEL: "debug" }, ["", "debug,info,warn"]],
  ])(
    "logs with the options %j and the environment %j to stdout and stderr %j",
    async (options, environment, expected) => {
      const script = `
      const { node } = await import(process.argv[1]);
      const { createKernel } = await import("@crmessenger/kernel");
      const { Logger } = await import("@crmessenger/kernel/infrastructure");
      const kernel = await createKernel({ plugins: [node(JSON.parse(process.argv[2]))] });
      for (const level of ["debug", "info", "warn"]) kernel.get(Logger)[level](level);
      process.exit(0);`;
      const args = [
        "--conditions=@crmessenger/source",
        "--input-type=module",
        "-e",
        script,
        import.meta.resolve("./plugin.ts"),
      ];
      const given = JSON.stringify({ filesDirectory: directory, ...options });
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [...args, given], {
        cwd: import.meta.dirname,
        env: environment,
      });
      const messages = (text: string) =>
        text
          .split("\n")
          .filter((line) => line.startsWith("{"))
          .map((line) => (JSON.parse(line) as { message: string }).message)
          .join(",");
      expect([messages(stdout), messages(stderr)]).toEqual(expected);
    },
  );
});

describe("httpClient", () => {
  it("provides the HTTP client and nothing else", async () => {
    const server = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
    await once(server, "listening");
    await using kernel = await createTestKernel({ plugins: [httpClient({ allowedHosts: ["127.0.0.0/8"] })] });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    expect((await kernel.get(HttpClient).request({ method: "GET", url })).status).toBe(200);
    expect(() => kernel.get(Storage)).toThrow(expect.objectContaining({ code: "CRM_KERNEL_MISSING_CONTRACT" }));
    server.close();
  });
});
