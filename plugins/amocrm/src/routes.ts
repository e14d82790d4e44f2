import type { PluginContext } from "@crmessenger/kernel";
import type { Route } from "@crmessenger/kernel/http";
import { chatHookRoute } from "./answers/chat-hook-route.ts";
import type { AmoCrm } from "./assemble.ts";
import { mediaRoute } from "./chat/media-route.ts";
import { crmHookRoute } from "./crm/crm-hook-route.ts";
import { consentRoute } from "./oauth/consent-route.ts";

/** Where amoCRM and the owner's browser come in. */
export function amoCrmRoutes(
  amo: AmoCrm,
  { run, logger }: Pick<PluginContext<unknown>, "run" | "logger">,
): readonly Route[] {
  const { jobs, unitOfWork, storage } = amo.services;
  return [
    consentRoute(amo.consent, logger, run),
    chatHookRoute({
      answers: amo.answers,
      jobs,
      unitOfWork,
      logger,
      run,
      channelSecret: amo.channelSecret,
      channelId: amo.options.channelId,
    }),
    crmHookRoute({ setup: amo.setup, jobs, run }),
    mediaRoute(amo.media, storage),
  ];
}
