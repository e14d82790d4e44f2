import type { SignalDataSet, SignalDataTypeMap, SignalKeyStore } from "@whiskeysockets/baileys";
import { decodeRow, encodeRow } from "../auth/row-codec.ts";

/** The keys of a device that is not linked yet: stored with its credentials once it is. */
export class MemoryKeys implements SignalKeyStore {
  readonly rows = new Map<string, Uint8Array | null>();

  get<T extends keyof SignalDataTypeMap>(type: T, ids: string[]): Record<string, SignalDataTypeMap[T]> {
    const found: Record<string, SignalDataTypeMap[T]> = {};
    for (const id of ids) {
      const row = this.rows.get(`${type}/${id}`);
      if (row) found[id] = decodeRow(type, row) as SignalDataTypeMap[T];
    }
    return found;
  }

  set(data: SignalDataSet): void {
    for (const [type, values] of Object.entries(data)) {
      for (const [id, value] of Object.entries(values)) {
        this.rows.set(`${type}/${id}`, value === null ? null : encodeRow(value));
      }
    }
  }
}
