import type { z } from "zod";
import type { AmoCrm } from "./assemble.ts";
import type { AmoCrmStatus } from "./operations.ts";

const MOST_REFUSED = 20;

/** How the account is doing. */
export async function accountStatus(
  amo: Pick<AmoCrm, "connection" | "chats">,
): Promise<z.output<typeof AmoCrmStatus.output>> {
  const state = await amo.connection.refresh();
  const [backlog, refused] = await Promise.all([amo.chats.backlog(), amo.chats.waitingFor("refused", MOST_REFUSED)]);
  return {
    ...state,
    backlog: backlog.length,
    refused: refused.map(({ key, value }) => ({ conversationId: key, reason: value.reason })),
  };
}
