import { Api } from "telegram";
import { computeCheck } from "telegram/Password.js";
import { rpcTrouble } from "../connection/rpc-trouble.ts";
import type { TelegramLink } from "../connection/telegram-link.ts";
import type { LoginDialogue } from "./telegram-login.ts";

/** Asks for the two-step verification password until it is right (https://core.telegram.org/api/srp). */
export async function checkPassword(link: TelegramLink, dialogue: LoginDialogue): Promise<Api.auth.TypeAuthorization> {
  for (let problem: string | undefined; ;) {
    const { hint } = await link.invoke(new Api.account.GetPassword());
    const label = hint ? `Telegram password (hint: ${hint})` : "Telegram password";
    const { password = "" } = await dialogue.ask([{ name: "password", label, secret: true }], problem);
    if (password === "") {
      problem = "The password is empty.";
      continue;
    }
    try {
      // Each challenge of Telegram is good for one attempt, and the person may have taken long.
      const challenge = await link.invoke(new Api.account.GetPassword());
      return await link.invoke(new Api.auth.CheckPassword({ password: await computeCheck(challenge, password) }));
    } catch (error) {
      const trouble = rpcTrouble(error);
      if (trouble.kind === "wait")
        problem = `Telegram asks to wait ${trouble.seconds} seconds before the next attempt.`;
      else if (trouble.kind === "refused" && /^(PASSWORD_HASH_INVALID|SRP_)/.test(trouble.name))
        problem = "The password is wrong.";
      else throw error;
    }
  }
}

/** Whether Telegram wants the password now. */
export function passwordNeeded(error: unknown): boolean {
  const trouble = rpcTrouble(error);
  return trouble.kind === "refused" && trouble.name === "SESSION_PASSWORD_NEEDED";
}
