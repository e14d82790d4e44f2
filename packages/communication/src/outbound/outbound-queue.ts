import { executionContext, runInContext } from "@crmessenger/kernel";
import type { Channel, ChannelAccount, Conversation, Message } from "@crmessenger/kernel/communication";
import { type JobRun, type RunningWorker, and, where } from "@crmessenger/kernel/infrastructure";
import type { CommunicationServices } from "../services.ts";
import { type DrainParts, drainConversation } from "./drain-conversation.ts";
import { type DrainData, drainJob } from "./drain-job.ts";
import type { EarlyReports } from "./early-reports.ts";

const PAGE = 500;

export interface QueueParts {
  readonly services: CommunicationServices;
  readonly early: EarlyReports;
  /** Runs work on this plugin's own account. */
  readonly asPlugin: <T>(work: () => Promise<T>) => Promise<T>;
}

/** What waits to be sent. It goes out where its account runs, in order within a conversation. */
export class OutboundQueue {
  readonly #parts: QueueParts;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  /** There is something to send in the conversation. Part of the current unit of work. */
  async enqueue({ id, channelAccountId }: Pick<Conversation, "id" | "channelAccountId">): Promise<void> {
    const { jobs } = this.#parts.services;
    await jobs.enqueue(drainJob(channelAccountId), { conversationId: id, failures: 0 }, { key: id });
  }

  /** Sends what the account has to send over this channel, until the worker is stopped. */
  serve(account: ChannelAccount, channel: Channel): Promise<RunningWorker> {
    const { services, early, asPlugin } = this.#parts;
    const parts: DrainParts = { services, early, channel, job: drainJob(account.id) };
    return services.jobs.work(parts.job, (run: JobRun<DrainData>) => {
      const { correlationId } = executionContext();
      const context = { correlationId, causationId: run.id };
      return asPlugin(() => runInContext(context, () => drainConversation(parts, run)));
    });
  }

  /** The account connected: conversations that wait for that need not wait for the end of their pause. */
  wake({ id, tenantId }: ChannelAccount): Promise<void> {
    const { asPlugin } = this.#parts;
    return runInContext({ tenantId }, () => asPlugin(() => this.#wakeAll(id)));
  }

  async #wakeAll(channelAccountId: string): Promise<void> {
    const queued = and(
      where<Message>("channelAccountId").eq(channelAccountId),
      where<Message>("status").eq("queued"),
      where<Message>("direction").eq("outbound"),
    );
    const woken = new Set<string>();
    for (let after: string | undefined; ;) {
      const page = await this.#parts.services.messages.find(queued, {
        limit: PAGE,
        ...(after === undefined ? {} : { after }),
      });
      for (const { conversationId: id } of page.items) {
        if (!woken.has(id)) await this.enqueue({ id, channelAccountId });
        woken.add(id);
      }
      if (page.next === undefined) return;
      after = page.next;
    }
  }
}
