import { CreateContact } from "@crmessenger/kernel/sales";
import { mikroOrm } from "@crmessenger/mikro-orm";
import { startWorld, subscribe } from "./world.ts";

/** What the test asks of the process that it kills. */
export interface CrashOrder {
  readonly databaseUrl: string;
  /** Receivers to subscribe, in the first process. */
  readonly urls: readonly string[];
  /** Contacts to make; each makes an event. */
  readonly contacts: number;
}

export const environment = { CRMESSENGER_SECRET_KEY: Buffer.alloc(32, 1).toString("base64") };

if (process.send) {
  const { databaseUrl, urls, contacts } = JSON.parse(process.argv[2] ?? "{}") as CrashOrder;
  const kernel = await startWorld({ storage: mikroOrm({ databaseUrl }), environment });
  await kernel.run(async () => {
    for (const url of urls) await subscribe(kernel, { url, perSecond: 10_000 });
    process.send?.("ready");
    for (let index = 0; index < contacts; index += 1)
      await kernel.bus.dispatch(CreateContact, {
        name: `Contact ${index}`,
        identities: [],
        ownerId: null,
        attributes: {},
      });
    process.send?.("made");
  });
}
