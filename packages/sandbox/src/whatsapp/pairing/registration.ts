import type { proto } from "@whiskeysockets/baileys";
import { DeviceKeys } from "../devices/device-keys.ts";

/** What a device that wants to be linked says of itself in the handshake. */
export interface Registration {
  readonly noiseKey: Buffer;
  readonly identityKey: Uint8Array;
  readonly keys: DeviceKeys;
}

/** Throws when a part is missing. */
export function readRegistration(noiseKey: Buffer, payload: proto.ClientPayload): Registration {
  const data = payload.devicePairingData;
  if (!data?.eIdent || !data.eRegid || !data.eSkeyId || !data.eSkeyVal || !data.eSkeySig) {
    throw new Error("The registration lacks one of the device's keys.");
  }
  const keys = new DeviceKeys({
    registrationId: Buffer.from(data.eRegid).readUInt32BE(),
    identity: data.eIdent,
    signedPreKey: {
      id: Buffer.from(data.eSkeyId).readUIntBE(0, 3),
      publicKey: data.eSkeyVal,
      signature: data.eSkeySig,
    },
  });
  return { noiseKey, identityKey: data.eIdent, keys };
}
