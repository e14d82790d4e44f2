import { randomBytes } from "node:crypto";
import { runInContext } from "@crmessenger/kernel";
import { describe, expect, test } from "vitest";
import { KeyRing } from "../src/secrets/key-ring.ts";
import { places, servicesOn } from "./places.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined) => new TextDecoder().decode(value);

for (const [name, create] of Object.entries(places)) {
  describe(`Secrets on ${name}`, () => {
    test("outlive a change of the key, once they are sealed anew", async () => {
      const place = await create();
      const [old, fresh] = [randomBytes(32), randomBytes(32)];
      const before = await servicesOn(place, { keys: new KeyRing([old]) });
      await before.secrets
        .namespace("telegram/1")
        .setMany(new Map(Array.from({ length: 450 }, (_, n) => [`key-${n}`, bytes(`secret ${n}`)])));
      await runInContext({ tenantId: "other" }, () =>
        before.secrets.namespace("telegram/1").set("session", bytes("of another tenant")),
      );
      await before.stop();

      const between = await servicesOn(place, { keys: new KeyRing([fresh, old]) });
      const { version } = (await between.secrets.namespace("telegram/1").get("key-7")) ?? {};
      expect(await between.secrets.rotate()).toBe(451);
      expect(await between.secrets.rotate()).toBe(0);
      expect(await between.secrets.namespace("telegram/1").get("key-7")).toMatchObject({ version });
      await between.stop();

      const after = await servicesOn(place, { keys: new KeyRing([fresh]) });
      expect(text((await after.secrets.namespace("telegram/1").get("key-449"))?.value)).toBe("secret 449");
      expect(
        text(
          (await runInContext({ tenantId: "other" }, () => after.secrets.namespace("telegram/1").get("session")))
            ?.value,
        ),
      ).toBe("of another tenant");
      await after.stop();

      const without = await servicesOn(place, { keys: new KeyRing([old]) });
      await expect(without.secrets.namespace("telegram/1").get("key-7")).rejects.toMatchObject({
        code: "CRM_SECRETS_KEY",
      });
      await expect(without.secrets.namespace("telegram/1").getMany(["key-7", "key-8"])).rejects.toMatchObject({
        code: "CRM_SECRETS_KEY",
      });
      await expect(without.secrets.rotate()).rejects.toMatchObject({ code: "CRM_SECRETS_KEY" });
    });

    test("can't be swapped by whoever can write to the database", async () => {
      const { secrets, database } = await servicesOn(await create(), { keys: new KeyRing([randomBytes(32)]) });
      const namespace = secrets.namespace("telegram/1");
      await namespace.set("mine", bytes("mine"));
      await namespace.set("yours", bytes("yours"));
      await database.query(
        "update secrets set sealed = (select sealed from secrets where key = 'yours') where key = 'mine'",
      );
      await expect(namespace.get("mine")).rejects.toMatchObject({ code: "CRM_SECRETS_CORRUPT" });
      expect(text((await namespace.get("yours"))?.value)).toBe("yours");
    });
  });
}
