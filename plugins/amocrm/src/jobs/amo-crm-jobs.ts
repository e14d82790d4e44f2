import { type JobHandler, work } from "@crmessenger/kernel";
import type { AmoCrm } from "../assemble.ts";
import {
  ONLY,
  ProbeBlocked,
  Provision,
  PullEntities,
  PushEntity,
  Reconcile,
  SyncConversation,
  TakeAnswers,
} from "./definitions.ts";
import { resilient } from "./resilient.ts";

/** Everything the plugin does in the background. */
export function amoCrmJobs(amo: AmoCrm): readonly JobHandler[] {
  const { retrying } = amo;
  return [
    work(
      SyncConversation,
      resilient(retrying, SyncConversation, {
        key: ({ conversationId }) => conversationId,
        run: (run) => amo.sync.run(run),
        paused: ({ conversationId }, reason) => amo.markWaiting(conversationId, reason),
      }),
    ),
    work(Provision, resilient(retrying, Provision, { key: () => ONLY, run: (run) => amo.provisioner.run(run) })),
    work(
      TakeAnswers,
      resilient(retrying, TakeAnswers, { key: ({ chatId }) => chatId, run: (run) => amo.taker.run(run) }),
    ),
    work(
      PushEntity,
      resilient(retrying, PushEntity, {
        key: ({ kind, id }) => `${kind}:${id}`,
        run: (run) => amo.pusher.run(run),
      }),
    ),
    work(
      PullEntities,
      resilient(retrying, PullEntities, { key: ({ kind }) => kind, run: (run) => amo.puller.run(run) }),
    ),
    work(Reconcile, () => amo.reconciler.run()),
    work(ProbeBlocked, resilient(retrying, ProbeBlocked, { key: () => ONLY, run: () => amo.probe.run() })),
  ];
}
