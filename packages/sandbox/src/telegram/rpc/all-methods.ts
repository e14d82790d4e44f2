import { addAuthMethods } from "./auth-methods.ts";
import type { DataCentreState } from "./data-centre-state.ts";
import { addHelpMethods } from "./help-methods.ts";
import { addHistoryMethods } from "./history-methods.ts";
import { MethodTable } from "./method-table.ts";
import { addPasswordMethods } from "./password-methods.ts";
import { addSendingMethods } from "./sending-methods.ts";
import { addUpdateMethods } from "./update-methods.ts";
import { addUploadMethods } from "./upload-methods.ts";
import { addUserMethods } from "./user-methods.ts";

/** The part of Telegram's API that the sandbox offers. */
export function allMethods(state: DataCentreState): MethodTable {
  const table = new MethodTable();
  for (const add of [
    addHelpMethods,
    addAuthMethods,
    addPasswordMethods,
    addUserMethods,
    addUpdateMethods,
    addSendingMethods,
    addHistoryMethods,
    addUploadMethods,
  ]) {
    add(table, state);
  }
  return table;
}
