import type { ChannelName, Utterance } from "./conversation.ts";
import type { LoadedConversation } from "./load-conversations.ts";

/** Everything one person says on one messenger, in order: one chat on the phone. */
export interface ThreadPlan {
  readonly person: string;
  readonly channel: ChannelName;
  readonly conversations: readonly string[];
  readonly utterances: readonly Utterance[];
}

/** Conversations alternate between the messengers, and those of one person on one messenger follow each other. */
export function planThreads(conversations: readonly LoadedConversation[]): readonly ThreadPlan[] {
  const threads = new Map<
    string,
    { person: string; channel: ChannelName; conversations: string[]; utterances: Utterance[] }
  >();
  conversations.forEach((conversation, index) => {
    const person = conversation.customer ?? conversation.conversation_id;
    const channel = conversation.channel ?? (index % 2 === 0 ? "telegram" : "whatsapp");
    const key = JSON.stringify([person, channel]);
    const thread = threads.get(key) ?? { person, channel, conversations: [], utterances: [] };
    thread.conversations.push(conversation.conversation_id);
    thread.utterances.push(...conversation.utterances);
    threads.set(key, thread);
  });
  return [...threads.values()];
}
