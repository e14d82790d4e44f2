import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { lockDirectory } from "./directory-lock.ts";

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "crmessenger-lock-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A process that locks the directory and stays. */
async function holder(path: string): Promise<ChildProcess> {
  const source = `import { lockDirectory } from ${JSON.stringify(new URL("directory-lock.ts", import.meta.url).href)};
    await lockDirectory(${JSON.stringify(path)}); process.stdout.write("locked"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--conditions=@crmessenger/source", "--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

test("lets a directory be taken again once it was released", async () => {
  const path = await directory();
  await (await lockDirectory(path)).release();
  const lock = await lockDirectory(path);
  await lock.release();
  expect(await readdir(path)).toEqual([]);
});

test("refuses a second holder in the same process", async () => {
  const path = await directory();
  await lockDirectory(path);
  await expect(lockDirectory(path)).rejects.toMatchObject({
    code: "CRM_DATABASE_LOCKED",
    details: { pid: process.pid },
  });
});

test("refuses while another process lives, names it, and leaves its lock alone", async () => {
  const path = await directory();
  const child = await holder(path);
  await expect(lockDirectory(path)).rejects.toMatchObject({
    code: "CRM_DATABASE_LOCKED",
    message: expect.stringContaining(`in use by process ${child.pid}`),
    details: { directory: path, pid: child.pid },
  });
  expect(await readdir(path)).toHaveLength(1);
});

test("takes over from a process that was killed", async () => {
  const path = await directory();
  await killed(await holder(path));
  expect(await readdir(path)).toHaveLength(1);
  const lock = await lockDirectory(path);
  expect(await readdir(path)).toEqual([expect.stringContaining(String(process.pid))]);
  await lock.release();
});

test.runIf(process.platform === "linux")(
  "is not taken in by another process that got the number of the dead one",
  async () => {
    const path = await directory();
    await writeFile(join(path, `database.lock.${process.ppid}-1-${hostname()}`), "");
    await expect(lockDirectory(path)).resolves.toBeDefined();
  },
);

test("does not judge processes of other hosts, and says what to delete", async () => {
  const path = await directory();
  const file = join(path, "database.lock.17-4242-elsewhere");
  await writeFile(file, "");
  await expect(lockDirectory(path)).rejects.toMatchObject({
    code: "CRM_DATABASE_LOCKED",
    message: expect.stringContaining(file),
    details: { pid: 17, host: "elsewhere" },
  });
});

test("lets at most one of many processes in that come at once", async () => {
  const path = await directory();
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => lockDirectory(path)));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});
