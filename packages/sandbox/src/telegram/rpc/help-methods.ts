import { Api } from "telegram";
import { HOME_DC } from "../session/auth-key.ts";
import type { DataCentreState } from "./data-centre-state.ts";
import type { MethodTable } from "./method-table.ts";

/** The numbers of Telegram's data centres. */
export const DATA_CENTRES = [1, 2, 3, 4, 5];
/** help.*: the configuration that clients ask for first. */
export function addHelpMethods(table: MethodTable, state: DataCentreState): void {
  table.add(Api.help.GetConfig, { open: true }, () => config(state.address()));
}

/** Limits are Telegram's own (https://core.telegram.org/constructor/config). */
function config({ host, port }: { readonly host: string; readonly port: number }): Api.Config {
  const date = Math.floor(Date.now() / 1000);
  return new Api.Config({
    date,
    expires: date + 3600,
    testMode: false,
    thisDc: HOME_DC,
    dcOptions: DATA_CENTRES.map((id) => new Api.DcOption({ id, ipAddress: host, port })),
    dcTxtDomainName: "apv3.stel.com",
    chatSizeMax: 200,
    megagroupSizeMax: 200_000,
    forwardedCountMax: 100,
    onlineUpdatePeriodMs: 210_000,
    offlineBlurTimeoutMs: 5000,
    offlineIdleTimeoutMs: 30_000,
    onlineCloudTimeoutMs: 300_000,
    notifyCloudDelayMs: 30_000,
    notifyDefaultDelayMs: 1500,
    pushChatPeriodMs: 60_000,
    pushChatLimit: 2,
    editTimeLimit: 172_800,
    revokeTimeLimit: 2_147_483_647,
    revokePmTimeLimit: 2_147_483_647,
    ratingEDecay: 2_419_200,
    stickersRecentLimit: 200,
    channelsReadMediaPeriod: 604_800,
    callReceiveTimeoutMs: 20_000,
    callRingTimeoutMs: 90_000,
    callConnectTimeoutMs: 30_000,
    callPacketTimeoutMs: 10_000,
    meUrlPrefix: "https://t.me/",
    captionLengthMax: 1024,
    messageLengthMax: 4096,
    webfileDcId: HOME_DC,
  });
}
