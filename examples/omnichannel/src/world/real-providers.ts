import { UsageError } from "../options.ts";

/** Which providers are the real ones, because the environment holds what they need. */
export interface RealProviders {
  readonly telegram: boolean;
  readonly whatsapp: boolean;
  readonly amocrm:
    | { readonly baseUrl: string; readonly clientId: string; readonly channelId: string; readonly publicUrl: string }
    | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const AMOCRM = [
  "AMOCRM_BASE_URL",
  "AMOCRM_CLIENT_ID",
  "AMOCRM_CLIENT_SECRET",
  "AMOCRM_CHANNEL_ID",
  "AMOCRM_CHANNEL_SECRET",
  "PUBLIC_URL",
] as const;

/** Telegram wants an application's id and hash, amoCRM an integration and a channel; WhatsApp has no credentials, so it is asked for by name. */
export function realProviders(environment: Environment): RealProviders {
  const telegram = all(environment, "Telegram", ["TELEGRAM_API_ID", "TELEGRAM_API_HASH"]);
  const amocrm = all(environment, "amoCRM", AMOCRM);
  return {
    telegram: telegram !== undefined,
    whatsapp: environment["WHATSAPP"] === "real",
    amocrm: amocrm && {
      baseUrl: amocrm["AMOCRM_BASE_URL"] as string,
      clientId: amocrm["AMOCRM_CLIENT_ID"] as string,
      channelId: amocrm["AMOCRM_CHANNEL_ID"] as string,
      publicUrl: amocrm["PUBLIC_URL"] as string,
    },
  };
}

export function isReal({ telegram, whatsapp, amocrm }: RealProviders): boolean {
  return telegram || whatsapp || amocrm !== undefined;
}

/** All of the variables, or undefined when none is set; some of them are a mistake. */
function all(environment: Environment, provider: string, names: readonly string[]): Record<string, string> | undefined {
  const missing = names.filter((name) => !environment[name]);
  const own = names.filter((name) => name !== "PUBLIC_URL");
  if (own.every((name) => !environment[name])) return undefined;
  if (missing.length > 0) throw new UsageError(`${provider} needs more of the environment: ${missing.join(", ")}.`);
  return Object.fromEntries(names.map((name) => [name, environment[name] as string]));
}
