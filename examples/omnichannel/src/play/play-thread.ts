import type { ThreadPlan } from "../conversations/plan-threads.ts";
import type { MediaFile, Utterance } from "../conversations/conversation.ts";
import type { People, Phone } from "../world/people.ts";
import type { World } from "../world/start-world.ts";
import type { ApiClient } from "./api-client.ts";
import type { Arrivals } from "./arrivals.ts";
import type { Accounts } from "./connect.ts";
import type { Tally } from "./tally.ts";
import { waitUntil } from "./wait-until.ts";

export interface Stage {
  readonly world: World;
  readonly people: People;
  readonly api: ApiClient;
  readonly arrivals: Arrivals;
  readonly accounts: Accounts;
  readonly tally: Tally;
  readonly pace: () => Promise<void>;
  /** Milliseconds to wait for one message to arrive everywhere. */
  readonly patienceMs: number;
}

/** One chat while it is played. */
interface Scene {
  readonly stage: Stage;
  readonly phone: Phone;
  readonly accountId: string;
  conversationId: string;
  inbound: number;
  outbound: number;
}

/** Plays one chat: each utterance waits until the one before has arrived with the customer, in the database and in amoCRM. */
export async function playThread(stage: Stage, plan: ThreadPlan): Promise<void> {
  const scene: Scene = {
    stage,
    phone: stage.people.phone(plan.person, plan.channel),
    accountId: stage.accounts[plan.channel],
    conversationId: "",
    inbound: 0,
    outbound: 0,
  };
  const thread = stage.tally.begin(plan, scene.phone, scene.accountId);
  for (const utterance of plan.utterances) {
    await stage.pace();
    thread.said(utterance);
    if (utterance.speaker === "user") await customerWrites(scene, utterance);
    else await managerAnswers(scene, utterance);
    thread.conversationId = scene.conversationId;
    stage.tally.progress();
  }
}

async function customerWrites(scene: Scene, utterance: Utterance): Promise<void> {
  const { arrivals, tally } = scene.stage;
  const { externalId, sentAt } = await scene.phone.send(utterance);
  tally.sent += 1;
  const arrival = await arrivals.of(scene.accountId, externalId);
  tally.inboundLatencies.push(arrival.seenAt - sentAt);
  scene.conversationId = arrival.conversationId;
  scene.inbound += 1;
  await inAmoCrm(scene);
}

/** Half of the answers are written through our API, half in amoCRM's chat. */
async function managerAnswers(scene: Scene, utterance: Utterance): Promise<void> {
  const { tally, world, patienceMs } = scene.stage;
  tally.requested += 1;
  scene.outbound += 1;
  const startedAt = Date.now();
  if (tally.requested % 2 === 0 && scene.conversationId !== "") {
    world.manager.reply(scene.conversationId, { text: utterance.text, ...(utterance.media === undefined ? {} : { media: managerFile(utterance.media) }) });
  } else {
    await sendByApi(scene, utterance);
  }
  await waitUntil("A manager's answer on the customer's phone", () => scene.phone.received() >= scene.outbound, patienceMs);
  tally.outboundLatencies.push(Date.now() - startedAt);
  await inAmoCrm(scene);
}

async function sendByApi({ stage, conversationId }: Scene, { text, media }: Utterance): Promise<void> {
  const parts = [];
  if (media) {
    const file = await stage.api.upload<object>("/api/v1/files", media.bytes, { "content-type": media.mimeType, "x-file-name": encodeURIComponent(media.name) });
    parts.push({ type: "media", kind: media.mimeType.startsWith("image/") ? "image" : "document", file });
  }
  if (text !== "" || !media) parts.push({ type: "text", text });
  await stage.api.post(`/api/v1/conversations/${conversationId}/messages`, { parts });
}

function managerFile({ bytes, mimeType, name }: MediaFile) {
  return { content: bytes, contentType: mimeType, fileName: name };
}

/** amoCRM's chat holds as many messages as were said. */
async function inAmoCrm({ stage, conversationId, inbound, outbound }: Scene): Promise<void> {
  await waitUntil("A message in amoCRM", () => stage.world.amo.messages(conversationId).length >= inbound + outbound, stage.patienceMs, 10);
}
