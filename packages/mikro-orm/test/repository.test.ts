import { createKernel } from "@crmessenger/kernel";
import { UserRepository } from "@crmessenger/kernel/iam";
import { Ids, UnitOfWork, everything, silentLogger, where } from "@crmessenger/kernel/infrastructure";
import { type Contact, ContactRepository } from "@crmessenger/kernel/sales";
import { describe, expect, onTestFinished, test } from "vitest";
import { mikroOrm } from "../src/plugin.ts";
import { places } from "./places.ts";

const environment = { CRMESSENGER_SECRET_KEY: Buffer.alloc(32, 1).toString("base64") };

for (const [engine, create] of Object.entries(places)) {
  describe(`Repositories on ${engine}`, () => {
    async function start() {
      const place = await create();
      const storage = "url" in place ? { databaseUrl: place.url } : { dataDirectory: place.directory };
      const kernel = await createKernel({ plugins: [mikroOrm(storage)], environment, logger: silentLogger });
      onTestFinished(() => kernel.stop());
      const [users, contacts, units, ids] = [
        kernel.get(UserRepository),
        kernel.get(ContactRepository),
        kernel.get(UnitOfWork),
        kernel.get(Ids),
      ];
      const user = (email: string) => ({
        id: ids.next(),
        email,
        name: "Mara",
        roleIds: [],
        teamIds: [],
        timeZone: "UTC",
        locale: "en",
        active: true,
      });
      const contact = (attributes: Contact["attributes"]) =>
        contacts.insert({ id: ids.next(), name: "Anna", ownerId: null, attributes });
      return { users, contacts, units, user, contact };
    }

    test("leave a unit of work usable after a taken key, and name the key", async () => {
      const { users, units, user } = await start();
      await users.insert(user("taken@example.com"));
      await units.run(async () => {
        await users.insert(user("first@example.com"));
        const refused = expect.objectContaining({
          code: "CRM_STORAGE_DUPLICATE",
          details: expect.objectContaining({ constraint: "users_email" }),
        });
        await expect(users.insert(user("taken@example.com"))).rejects.toEqual(refused);
        await expect(users.insert(user("first@example.com"))).rejects.toEqual(refused);
        await users.insert(user("second@example.com"));
      });
      expect((await users.find(everything)).items.map(({ email }) => email).toSorted()).toEqual([
        "first@example.com",
        "second@example.com",
        "taken@example.com",
      ]);
    });

    test("sort by custom fields: numbers, then text by code point, then what has none, page by page", async () => {
      const { contacts, contact } = await start();
      for (const score of [10, "b", null, 9.5, "B", true, -1]) await contact({ score });
      await contact({});
      const sort = [{ field: "attributes.score", direction: "asc" as const }];
      const found: unknown[] = [];
      for (let after: string | undefined, first = true; first || after !== undefined; first = false) {
        const page = await contacts.find(everything, { limit: 3, sort, ...(after === undefined ? {} : { after }) });
        found.push(...page.items.map(({ attributes }) => attributes["score"]));
        after = page.next;
      }
      expect(found).toEqual([-1, 9.5, 10, "B", "b", true, null, undefined]);
    });

    test("refuse to sort by what there is not, cursors of another order, and criteria without end", async () => {
      const { contacts, contact } = await start();
      for (let count = 0; count < 3; count += 1) await contact({});
      await expect(
        contacts.find(everything, { sort: [{ field: "shoeSize", direction: "asc" }] }),
      ).rejects.toMatchObject({ code: "CRM_STORAGE_SORT", status: 422 });
      const { next } = await contacts.find(everything, { limit: 1, sort: [{ field: "name", direction: "asc" }] });
      await expect(contacts.find(everything, { after: next as string })).rejects.toMatchObject({
        code: "CRM_STORAGE_CURSOR",
      });
      let criteria = where<Contact>("name").eq("Anna");
      for (let depth = 0; depth < 100; depth += 1) criteria = { op: "not", criteria };
      await expect(contacts.find(criteria)).rejects.toMatchObject({ code: "CRM_STORAGE_INVALID", status: 422 });
    });
  });
}
