import { BufferJSON, proto, type AuthenticationCreds } from "@whiskeysockets/baileys";

/** A stored value as bytes: JSON in which byte strings survive. */
export function encodeRow(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value, BufferJSON.replacer));
}

/** The value as Baileys expects it: app state keys are protobuf objects, everything else is plain. */
export function decodeRow(type: string, row: Uint8Array): unknown {
  const value: unknown = JSON.parse(Buffer.from(row).toString(), BufferJSON.reviver);
  if (type !== "app-state-sync-key") return value;
  return proto.Message.AppStateSyncKeyData.fromObject(value as Record<string, unknown>);
}

export function decodeCreds(row: Uint8Array): AuthenticationCreds {
  return decodeRow("creds", row) as AuthenticationCreds;
}
