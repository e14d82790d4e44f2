import type { ThreadPlan } from "../conversations/plan-threads.ts";
import type { MediaFile, Utterance } from "../conversations/conversation.ts";
import type { People } from "../world/people.ts";
import type { World } from "../world/start-world.ts";
import type { ApiClient } from "./api-client.ts";
import type { Arrivals } from "./arrivals.ts";
import type { Accounts } from "./connect.ts";
import type { SaidThread, Tally } from "./tally.ts";
import type { FollowUp } from "./follow-up.ts";
import { waitUntil } from "./wait-until.ts";

export interface Stage {
  readonly world: World;
  readonly people: People;
  readonly api: ApiClient;
  readonly arrivals: Arrivals;
  readonly accounts: Accounts;
  readonly tally: Tally;
  readonly followUp: FollowUp;
  readonly pace: () => Promise<void>;
  /** Milliseconds to wait for one message to arrive everywhere. */
  readonly patienceMs: number;
}

/** One chat while it is played. */
interface Scene {
  readonly stage: Stage;
  readonly thread: SaidThread;
}

/** Plays one chat: each utterance waits until the one before has arrived with the customer, in the database and in amoCRM. */
export async function playThread(stage: Stage, plan: ThreadPlan): Promise<void> {
  const { people, tally, accounts } = stage;
  const thread = tally.begin(plan, people.phone(plan.person, plan.channel), accounts[plan.channel]);
  const scene: Scene = { stage, thread };
  for (const utterance of plan.utterances) {
    await stage.pace();
    thread.said(utterance);
    if (utterance.speaker === "user") await customerWrites(scene, utterance);
    else await managerAnswers(scene, utterance);
    stage.tally.progress();
  }
  await stage.followUp.after(thread, plan);
}

async function customerWrites(scene: Scene, utterance: Utterance): Promise<void> {
  const { stage, thread } = scene;
  const { arrivals, tally } = stage;
  const { externalId, sentAt } = await thread.phone.send(utterance);
  tally.sent += 1;
  const arrival = await arrivals.of(thread.accountId, externalId);
  tally.inboundLatencies.push(arrival.seenAt - sentAt);
  thread.conversationId = arrival.conversationId;
  await inAmoCrm(scene);
}

/** Half of the answers are written through our API, half in amoCRM's chat. */
async function managerAnswers(scene: Scene, utterance: Utterance): Promise<void> {
  const { stage, thread } = scene;
  const { tally, world, patienceMs } = stage;
  tally.requested += 1;
  const startedAt = Date.now();
  if (tally.requested % 2 === 0 && thread.conversationId !== "") {
    world.manager.reply(thread.conversationId, {
      text: utterance.text,
      ...(utterance.media === undefined ? {} : { media: managerFile(utterance.media) }),
    });
  } else {
    await sendByApi(scene, utterance);
  }
  await waitUntil(
    "A manager's answer on the customer's phone",
    () => thread.phone.received() >= thread.outbound,
    patienceMs,
  );
  tally.outboundLatencies.push(Date.now() - startedAt);
  await inAmoCrm(scene);
}

async function sendByApi({ stage, thread }: Scene, { text, media }: Utterance): Promise<void> {
  const parts = [];
  if (media) {
    const file = await stage.api.upload<object>("/api/v1/files", media.bytes, {
      "content-type": media.mimeType,
      "x-file-name": encodeURIComponent(media.name),
    });
    parts.push({ type: "media", kind: media.mimeType.startsWith("image/") ? "image" : "document", file });
  }
  if (text !== "" || !media) parts.push({ type: "text", text });
  await stage.api.post(`/api/v1/conversations/${thread.conversationId}/messages`, { parts });
}

function managerFile({ bytes, mimeType, name }: MediaFile) {
  return { content: bytes, contentType: mimeType, fileName: name };
}

/** amoCRM's chat holds as many messages as were said. */
async function inAmoCrm({ stage, thread }: Scene): Promise<void> {
  await waitUntil(
    "A message in amoCRM",
    () => stage.world.amo.messages(thread.conversationId).length >= thread.expected.length,
    stage.patienceMs,
    10,
  );
}
