import type { FileStore } from "../world/file-store.ts";
import type { Person } from "../world/person.ts";
import type { World } from "../world/world.ts";
import { TelegramPerson } from "./telegram-person.ts";

/** When a customer reads what arrives: at once (`true`), after a while, or when told to. */
export type AutoRead = boolean | { readonly delayMs: number };

/** A customer with a phone. Nobody logs in as a customer: the phone is this object. */
export class TelegramCustomer extends TelegramPerson {
  constructor(person: Person, world: World, files: FileStore, autoRead: AutoRead) {
    super(person, world, files);
    if (autoRead === false) return;
    const delayMs = autoRead === true ? 0 : autoRead.delayMs;
    this.on("message", (message) => {
      if (message.direction === "out") return;
      const read = (): void => this.read({ id: message.peerId }, message.id);
      // Even a quick reader reads after the message is there, not while it arrives.
      if (delayMs === 0) setImmediate(read).unref();
      else setTimeout(read, delayMs).unref();
    });
  }
}
