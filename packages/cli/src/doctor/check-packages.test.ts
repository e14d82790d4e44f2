import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { checkPackages } from "./check-packages.ts";
import { installedPackages } from "./installed-packages.ts";

const KERNEL = "@crmessenger/kernel";

/** An application with packages at these places. */
async function install(packages: Readonly<Record<string, object>>): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "crmessenger-doctor-")));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [place, manifest] of Object.entries(packages)) {
    await mkdir(join(folder, place), { recursive: true });
    await writeFile(join(folder, place, "package.json"), JSON.stringify(manifest));
  }
  return folder;
}

const kernel = (version: string) => ({ name: KERNEL, version });
const bonus = (range: string) => ({
  name: "bonus",
  version: "2.0.0",
  peerDependencies: { [KERNEL]: range, other: "9" },
});

test("one kernel that suits all is well", async () => {
  const folder = await install({
    "node_modules/@crmessenger/kernel": kernel("0.1.3"),
    "node_modules/bonus": bonus("^0.1.0"),
    "node_modules/.bin": {},
  });
  expect(checkPackages(installedPackages(folder))).toEqual([
    { verdict: "well", about: "packages", text: "One kernel (0.1.3), and every package fits it." },
  ]);
});

test("two kernels are named with their places, also behind a link", async () => {
  const folder = await install({
    "node_modules/@crmessenger/kernel": kernel("0.1.3"),
    "packages/bonus": bonus("^0.1.0"),
    "packages/bonus/node_modules/@crmessenger/kernel": kernel("0.1.0"),
  });
  await symlink(join(folder, "packages/bonus"), join(folder, "node_modules/bonus"));
  const [finding, ...more] = checkPackages(installedPackages(folder));
  expect(more).toEqual([]);
  expect(finding?.verdict).toBe("problem");
  for (const place of [
    "node_modules/@crmessenger/kernel (0.1.3)",
    "packages/bonus/node_modules/@crmessenger/kernel (0.1.0)",
  ])
    expect(finding?.text).toContain(join(folder, place));
});

test("the packages above the folder count too", async () => {
  const folder = await install({ "node_modules/@crmessenger/kernel": kernel("0.1.3"), "apps/shop": { name: "shop" } });
  expect(installedPackages(join(folder, "apps/shop")).map(({ name }) => name)).toContain(KERNEL);
});

test("a package that wants another kernel is worth a look", async () => {
  const folder = await install({
    "node_modules/@crmessenger/kernel": kernel("0.2.0"),
    "node_modules/bonus": bonus("^0.1.0"),
  });
  expect(checkPackages(installedPackages(folder))).toEqual([
    {
      verdict: "advice",
      about: "packages",
      text: `bonus 2.0.0 wants ${KERNEL} ^0.1.0, and 0.2.0 is installed. Update the older of the two.`,
    },
  ]);
});

test("no kernel is a problem", async () => {
  expect(checkPackages(installedPackages(await install({})))).toMatchObject([{ verdict: "problem" }]);
});
