import type { Member } from "./member.ts";
import { type GroupKnowledge, type KnownConversation, identityKey, messageKey } from "./read-group.ts";

interface Entry {
  readonly conversation: KnownConversation;
  /** Identities that are known to be this contact's. */
  readonly identities: ReadonlySet<string>;
}

const CAPACITY = 20_000;

/**
 * What the last group left of a conversation, so that the next message of it needs no read. Nothing is believed on
 * the strength of it: the write checks the conversation's version and its lead, and the unique keys check the message;
 * who relied on an outdated entry is told so by the database, and reads.
 */
export class ConversationCache {
  readonly #entries = new Map<string, Entry>();

  /** Adds what is known about these members to the knowledge; answers those about whom something must be read. */
  recall(members: readonly Member[], knowledge: GroupKnowledge): readonly Member[] {
    return members.filter((member) => {
      const entry = this.#find(member);
      if (!entry) return true;
      knowledge.conversations.set(keyOf(member), entry.conversation);
      for (const key of entry.identities) knowledge.identities.set(key, entry.conversation.contactId);
      return false;
    });
  }

  /** Notes how a written group left its conversations. */
  remember(members: readonly Member[], left: ReadonlyMap<string, KnownConversation>): void {
    for (const member of members) {
      const key = keyOf(member);
      const conversation = left.get(key);
      if (!conversation) continue;
      const known = this.#entries.get(key)?.identities;
      const claimed = identitiesOf(member);
      const identities = known && claimed.every((identity) => known.has(identity)) ? known : new Set([...(known ?? []), ...claimed]);
      this.#entries.delete(key); // to the end: the first ones are forgotten first
      this.#entries.set(key, { conversation, identities });
    }
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= CAPACITY) break;
      this.#entries.delete(key);
    }
  }

  forget(members: readonly Member[]): void {
    for (const member of members) this.#entries.delete(keyOf(member));
  }

  /** A reply needs the message it answers looked up, and an identity that is new here needs to be read. */
  #find(member: Member): Entry | undefined {
    if (member.message.replyToExternalId !== undefined) return undefined;
    const entry = this.#entries.get(keyOf(member));
    return entry && identitiesOf(member).every((identity) => entry.identities.has(identity)) ? entry : undefined;
  }
}

function keyOf({ message }: Member): string {
  return messageKey(message.channelAccountId, message.conversationExternalId);
}

function identitiesOf({ message, context }: Member): readonly string[] {
  return message.sender.identities.map(({ kind, value }) => identityKey(context.tenantId, kind, value));
}
