import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const PACKAGE = join(import.meta.dirname, "..");
const LIBRARIES = ["reflect-metadata", "tapable", "tsyringe", "zod"];

let root = "";
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "crmessenger-two-kernels-")));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** The kernel as a package manager installs it: JavaScript in a `node_modules`, with its libraries beside it. */
async function installKernel(folder: string): Promise<string> {
  const installed = join(folder, "node_modules", "@crmessenger", "kernel");
  const source = join(PACKAGE, "src");
  for (const file of await readdir(source, { recursive: true })) {
    if (!file.endsWith(".ts") || file.includes(".test")) continue;
    const target = join(installed, "src", file.replace(/\.ts$/, ".js"));
    await mkdir(dirname(target), { recursive: true });
    const code = stripTypeScriptTypes(await readFile(join(source, file), "utf8"));
    await writeFile(target, code.replaceAll(/((?:from|import)\s*\(?")(\.[^"]+)\.ts"/g, '$1$2.js"'));
  }
  const manifest = { name: "@crmessenger/kernel", version: "0.1.0", type: "module", exports: "./src/index.js" };
  await writeFile(join(installed, "package.json"), JSON.stringify(manifest));
  for (const library of LIBRARIES) {
    const place = await folderOf(library);
    await symlink(place, join(folder, "node_modules", library), "dir");
  }
  return pathToFileURL(join(installed, "src", "boot", "single-kernel.js")).href;
}

/** Where this repository keeps a library. */
async function folderOf(library: string): Promise<string> {
  const lookup = createRequire(join(PACKAGE, "package.json")).resolve.paths(library) ?? [];
  for (const folder of lookup) {
    const found = await realpath(join(folder, library)).catch(() => undefined);
    if (found !== undefined) return found;
  }
  throw new Error(`${library} is not installed.`);
}

/** A plugin of somebody else, which brings a kernel of its own when the package manager could not share one. */
async function installPlugin(app: string, own: boolean): Promise<string> {
  const folder = join(app, "node_modules", "greeter");
  await mkdir(join(folder, "node_modules"), { recursive: true });
  await writeFile(
    join(folder, "package.json"),
    JSON.stringify({ name: "greeter", type: "module", exports: "./index.js" }),
  );
  await writeFile(
    join(folder, "index.js"),
    'import { definePlugin } from "@crmessenger/kernel"; export const greeter = definePlugin({ id: "greeter", version: "1.0.0" });',
  );
  return own ? installKernel(folder) : "";
}

const MAIN = `const { createKernel } = await import("@crmessenger/kernel");
const { greeter } = await import(process.argv[2]);
try {
  const kernel = await createKernel({ plugins: [greeter()] });
  console.log(JSON.stringify({ plugins: kernel.inspect().plugins.map(({ id }) => id) }));
  await kernel.stop();
} catch ({ code, message }) {
  console.log(JSON.stringify({ code, message }));
}`;

/** Boots the application in a process of its own. */
async function boot(
  app: string,
): Promise<{ readonly code?: string; readonly message?: string; readonly plugins?: string[] }> {
  const main = join(app, "main.mjs");
  await writeFile(main, MAIN);
  const { stdout } = await promisify(execFile)(process.execPath, [main, "greeter"], { cwd: app });
  return JSON.parse(stdout) as never;
}

test("an application with one kernel boots", async () => {
  const app = join(root, "one");
  await installKernel(app);
  await installPlugin(app, false);
  expect(await boot(app)).toEqual({ plugins: ["greeter"] });
});

test("an application into whose node_modules two kernels came is refused, with both paths", async () => {
  const app = join(root, "two");
  const copies = [await installKernel(app), await installPlugin(app, true)];
  const { code, message } = await boot(app);
  expect(code).toBe("CRM_KERNEL_DUPLICATE");
  for (const copy of copies) expect(message).toContain(copy);
});
