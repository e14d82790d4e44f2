import { CrmError } from "@crmessenger/kernel";
import type { ChannelHost, ChannelProvider } from "@crmessenger/kernel/communication";
import type { Clock, HttpClient, Secrets } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { MessengerApi } from "./messenger-api.ts";
import { TemplateNameChannel } from "./template-name-channel.ts";
import { TokenLogin } from "./token-login.ts";

export interface ChannelServices {
  readonly clock: Clock;
  readonly http: HttpClient;
  readonly secrets: Secrets;
}

export interface ChannelOptions {
  readonly pollEveryMs: number;
}

/** What an account is configured with; its token is a secret and is asked for by the login. */
const settings = z.strictObject({ apiUrl: z.url({ protocol: /^https?$/ }) });

export function createProvider(services: ChannelServices, options: ChannelOptions): ChannelProvider {
  const secretsOf = ({ account }: ChannelHost) => services.secrets.namespace(`template-name/${account.id}`);
  const api = ({ account }: ChannelHost, token: string) =>
    new MessengerApi(services.http, settings.parse(account.settings).apiUrl, token);
  return {
    type: "template-name",
    settings: settings as unknown as ChannelProvider["settings"],
    loginMethods: ["token"],
    capabilities: {
      maxTextLength: 4_096,
      maxCaptionLength: 0,
      media: {},
      replies: false,
      deliveryReceipts: false,
      readReceipts: false,
      writeFirst: false,
    },
    open: (host) =>
      new TemplateNameChannel(host, {
        ...services,
        ...options,
        async connect() {
          const token = await secretsOf(host).get("token");
          return token && api(host, Buffer.from(token.value).toString("utf8"));
        },
      }),
    async login(host, method) {
      if (method !== "token") throw unknownMethod(method);
      return new TokenLogin(async (token) => {
        const me = await api(host, token).me();
        if (me) await secretsOf(host).set("token", Buffer.from(token));
        return me;
      });
    },
    logout: (host) => secretsOf(host).clear(),
  };
}

function unknownMethod(method: string): CrmError {
  const message = `Accounts of Template name log in by "token", not by "${method}".`;
  return new CrmError("CRM_CHANNEL_LOGIN_METHOD", message, { status: 422 });
}
