import { Api } from "telegram";
import { rpcTrouble } from "../connection/rpc-trouble.ts";
import type { TelegramServices } from "../telegram-services.ts";
import type { LoggedIn, LoginDialogue, LoginMethod } from "./telegram-login.ts";
import { userOf } from "./user-of.ts";

const FIELDS = [{ name: "token", label: "Bot token from @BotFather", secret: true }];

/** Logs in as a bot, by its token. */
export class BotTokenLogin implements LoginMethod {
  readonly #services: TelegramServices;

  constructor(services: TelegramServices) {
    this.#services = services;
  }

  async run(dialogue: LoginDialogue): Promise<LoggedIn> {
    const { apiId, apiHash } = this.#services.application;
    for (let problem: string | undefined; ;) {
      const { token = "" } = await dialogue.ask(FIELDS, problem);
      if (!/^\d+:\S+$/.test(token.trim())) {
        problem = "A bot token reads 123456:ABC-DEF.";
        continue;
      }
      const link = await this.#services.openLink({ dataCentre: this.#services.dataCentres.first() }, dialogue.signal);
      try {
        const request = new Api.auth.ImportBotAuthorization({ apiId, apiHash, botAuthToken: token.trim(), flags: 0 });
        return { user: userOf(await link.invoke(request)), link };
      } catch (error) {
        link.close();
        const trouble = rpcTrouble(error);
        if (trouble.kind !== "refused" || !trouble.name.startsWith("ACCESS_TOKEN_")) throw error;
        problem = "Telegram does not know this bot token.";
      }
    }
  }
}
