import { once } from "node:events";
import { createInterface } from "node:readline";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { copyFixture, crmessenger, startCrmessenger } from "./support/run-cli.ts";

const CONFIG = `
import { definePlugin } from "@crmessenger/kernel";
import { LeadCreated } from "@crmessenger/kernel/sales";
import { mikroOrm } from "@crmessenger/mikro-orm";
const listener = definePlugin({
  id: "listener",
  version: "1.0.0",
  subscribe: (events) => void events.on(LeadCreated, async () => {}),
});
export default { plugins: [mikroOrm({ dataDirectory: "data" }), listener()] };
`;

test("a real database is migrated, examined, locked and replayed", { timeout: 120_000 }, async () => {
  const folder = await copyFixture("quiet");
  await writeFile(join(folder, "crmessenger.config.ts"), CONFIG);
  const app = ["--app", folder];
  expect(await crmessenger(["migrate", ...app])).toMatchObject({
    code: 0,
    stdout: "The database of mikro-orm is up to date.\n",
  });

  const running = startCrmessenger(["start", ...app]);
  if (running.child.stdout) await once(createInterface(running.child.stdout), "line");
  const lock = `The data directory data is in use by process ${running.child.pid}.`;
  const [doctor, inspect] = await Promise.all([crmessenger(["doctor", ...app]), crmessenger(["inspect", ...app])]);
  expect(doctor).toMatchObject({ code: 1, stdout: expect.stringMatching(/✗ database: .*\(CRM_DATABASE_LOCKED\)/) });
  expect(doctor.stdout).toContain(lock);
  expect(inspect).toMatchObject({ code: 0, stdout: expect.stringContaining("listener.main") });
  expect(inspect.stdout).toContain(lock);
  running.child.kill("SIGTERM");
  expect(await running.ended).toBe(0);

  expect(await crmessenger(["replay", "listener.main", "--from", "start", ...app])).toEqual({
    code: 0,
    stdout: "listener.main gets the events from position 1 on again, as soon as the application runs.\n",
    stderr: "",
  });
});
