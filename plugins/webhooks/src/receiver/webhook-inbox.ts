import { isCrmError } from "@crmessenger/kernel";
import {
  type Clock,
  type Collections,
  type UnitOfWork,
  defineCollection,
  where,
} from "@crmessenger/kernel/infrastructure";
import { z } from "zod";

export interface InboxServices {
  readonly clock: Clock;
  readonly collections: Collections;
  readonly unitOfWork: UnitOfWork;
}

/** Remembers which webhooks were taken, so that one that comes again changes nothing. */
export interface WebhookInbox {
  /**
   * Runs `work` in a unit of work unless it ran for this id before; answers whether it ran. The id is remembered if and
   * only if what `work` stores is: after a failure the sender's next attempt gets through.
   */
  once(id: string, work: () => Promise<void>): Promise<boolean>;
  /** Forgets ids that came before this moment, in milliseconds since the Unix epoch; answers how many. */
  forgetBefore(moment: number): Promise<number>;
}

const PAGE = 500;

/** An inbox of the plugin that calls: `name` is `<plugin>.<inbox>`, that of the collection that it is kept in. */
export function createWebhookInbox(name: string, { clock, collections, unitOfWork }: InboxServices): WebhookInbox {
  const taken = collections.open(defineCollection(name, { schema: z.object({ at: z.number() }) }));
  return {
    async once(id, work) {
      try {
        await unitOfWork.run(async () => {
          await taken.insert(id, { at: clock.now() });
          await work();
        });
        return true;
      } catch (error) {
        if (isCrmError(error, "CRM_STORAGE_DUPLICATE") && (await taken.get(id))) return false;
        throw error;
      }
    },
    async forgetBefore(moment) {
      let forgotten = 0;
      for (;;) {
        const { items } = await taken.find(where("at").lt(moment), { limit: PAGE });
        for (const { key } of items) if (await taken.delete(key)) forgotten += 1;
        if (items.length < PAGE) return forgotten;
      }
    },
  };
}
