import type { Member } from "./member.ts";
import type { GroupKnowledge, KnownConversation } from "./read-group.ts";

interface Entry {
  readonly conversation: KnownConversation;
  /** Identities that are known to be this contact's. */
  readonly identities: ReadonlySet<string>;
}

const CAPACITY = 20_000;

/**
 * What the last group left of a conversation, so that the next message of it needs no read. Nothing is believed on
 * the strength of it: the write checks that the conversation is still this contact's and its lead still open, and the
 * unique keys check the message; who relied on an outdated entry is told so by the database, and reads.
 */
export class ConversationCache {
  readonly #entries = new Map<string, Entry>();

  /** Adds what is known about these members to the knowledge; answers those about whom something must be read. */
  recall(members: readonly Member[], knowledge: GroupKnowledge): readonly Member[] {
    return members.filter((member) => {
      const entry = this.#find(member);
      if (!entry) return true;
      const { conversation, identities } = entry;
      knowledge.conversations.set(member.conversationKey, conversation);
      for (const key of identities) knowledge.people.set(key, conversation);
      return false;
    });
  }

  /** Notes how a written group left its conversations. */
  remember(members: readonly Member[], left: ReadonlyMap<string, KnownConversation>): void {
    for (const { conversationKey, identityKeys } of members) {
      const conversation = left.get(conversationKey);
      if (!conversation) continue;
      const known = this.#entries.get(conversationKey)?.identities;
      const identities =
        known && identityKeys.every((key) => known.has(key)) ? known : new Set([...(known ?? []), ...identityKeys]);
      this.#entries.delete(conversationKey); // to the end: the first ones are forgotten first
      this.#entries.set(conversationKey, { conversation, identities });
    }
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= CAPACITY) break;
      this.#entries.delete(key);
    }
  }

  forget(members: readonly Member[]): void {
    for (const { conversationKey } of members) this.#entries.delete(conversationKey);
  }

  /** A reply needs the message it answers looked up, and an identity that is new here needs to be read. */
  #find({ message, conversationKey, identityKeys }: Member): Entry | undefined {
    if (message.replyToExternalId !== undefined) return undefined;
    const entry = this.#entries.get(conversationKey);
    return entry && identityKeys.every((key) => entry.identities.has(key)) ? entry : undefined;
  }
}
