import qrcode from "qrcode";
import type { RealProviders } from "../world/real-providers.ts";
import type { World } from "../world/start-world.ts";
import type { ApiClient } from "./api-client.ts";
import { type ChannelAccount, addAccount, connected, logIn, openAmoCrm } from "./connect.ts";

export interface LiveParts {
  readonly api: ApiClient;
  readonly world: World;
  readonly real: RealProviders;
  readonly say: (text: string) => void;
}

/** Logs in what is not logged in yet: local accounts by themselves, real ones by a code that the terminal shows. */
export async function connectLive({ api, world, real, say }: LiveParts): Promise<void> {
  await connectMessenger(
    api,
    "telegram",
    real.telegram ? showCode("Telegram", say) : (qr) => world.telegramPhone.scan(qr),
  );
  await connectMessenger(
    api,
    "whatsapp",
    real.whatsapp ? showCode("WhatsApp", say) : (qr) => world.whatsappPhone.scan(qr),
  );
  if (!real.amocrm) return openAmoCrm(api, world);
  const { url } = await api.post<{ url: string }>("/api/v1/commands/amocrm.connect", {});
  say(`Let the owner of the amoCRM account open ${url}`);
}

async function connectMessenger(api: ApiClient, type: string, scan: (qr: string) => Promise<unknown>): Promise<void> {
  const { items } = await api.get<{ items: readonly (ChannelAccount & { readonly type: string })[] }>(
    "/api/v1/channels",
  );
  const account = items.find((known) => known.type === type);
  const id = account?.id ?? (await addAccount(api, type, type));
  if (account?.state.status === "connected") return;
  await logIn(api, id, scan);
  await connected(api, id);
}

function showCode(messenger: string, say: (text: string) => void): (qr: string) => Promise<void> {
  return async (qr) =>
    say(
      `Scan this code with ${messenger} on the phone:\n${await qrcode.toString(qr, { type: "terminal", small: true })}`,
    );
}
