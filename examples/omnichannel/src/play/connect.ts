import type { World } from "../world/start-world.ts";
import type { ApiClient } from "./api-client.ts";
import { waitUntil } from "./wait-until.ts";

const PATIENCE_MS = 60_000;
const POLL_MS = 50;

/** The accounts of the business in the application. */
export interface Accounts {
  readonly telegram: string;
  readonly whatsapp: string;
}

export interface ChannelAccount {
  readonly id: string;
  readonly state: { readonly status: string; readonly reason: string };
}

type LoginStep = { readonly sequence: number } & (
  | { readonly kind: "working" | "ask" | "done" }
  | { readonly kind: "show-qr"; readonly text: string }
  | { readonly kind: "failed"; readonly reason: string }
);

/** Adds both messengers and logs them in by scanning the QR codes with the phones of the business; then opens amoCRM. */
export async function connectEverything(api: ApiClient, world: World): Promise<Accounts> {
  const telegram = await addAccount(api, "telegram", "Coffee House on Telegram");
  const whatsapp = await addAccount(api, "whatsapp", "Coffee House on WhatsApp");
  await logIn(api, telegram, (qr) => world.telegramPhone.scan(qr));
  await logIn(api, whatsapp, (qr) => world.whatsappPhone.scan(qr));
  await Promise.all([connected(api, telegram), connected(api, whatsapp)]);
  await openAmoCrm(api, world);
  return { telegram, whatsapp };
}

export async function addAccount(api: ApiClient, type: string, name: string): Promise<string> {
  return (await api.post<ChannelAccount>("/api/v1/channels", { type, name })).id;
}

export async function logIn(api: ApiClient, id: string, scan: (qr: string) => Promise<unknown>): Promise<void> {
  let step = await api.post<LoginStep>(`/api/v1/channels/${id}/login`, { method: "qr" });
  for (let shown = ""; step.kind !== "done";) {
    if (step.kind === "failed") throw new Error(`The login failed: ${step.reason}`);
    if (step.kind === "show-qr" && step.text !== shown) {
      shown = step.text;
      await scan(step.text).catch(() => undefined); // a code that was replaced meanwhile; the next one is on its way
    }
    step = await api.get<LoginStep>(`/api/v1/channels/${id}/login?after=${step.sequence}`);
  }
}

export async function connected(api: ApiClient, id: string): Promise<void> {
  const isConnected = async () =>
    (await api.get<ChannelAccount>(`/api/v1/channels/${id}`)).state.status === "connected";
  await waitUntil("The connection of a messenger", isConnected, PATIENCE_MS, POLL_MS);
}

/** Agrees again when the application has lost its tokens. */
export async function renewConsent(api: ApiClient, world: World): Promise<void> {
  if ((await amoCrmState(api)) !== "needs-login") return;
  const { url } = await api.post<{ url: string }>("/api/v1/commands/amocrm.connect", {});
  await world.amo.owner.open(url);
}

async function amoCrmState(api: ApiClient): Promise<string> {
  return (await api.post<{ state: string }>("/api/v1/queries/amocrm.status", {})).state;
}

/** The owner of the amoCRM account agrees on amoCRM's page, whose link the application gives out. */
export async function openAmoCrm(api: ApiClient, world: World): Promise<void> {
  const { url } = await api.post<{ url: string }>("/api/v1/commands/amocrm.connect", {});
  await world.amo.owner.open(url);
  const isConnected = async () => (await amoCrmState(api)) === "connected";
  await waitUntil("The connection of amoCRM", isConnected, PATIENCE_MS, POLL_MS);
}
