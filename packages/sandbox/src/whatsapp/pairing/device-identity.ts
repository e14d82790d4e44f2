import { createHmac } from "node:crypto";
import {
  Curve,
  proto,
  WA_ADV_ACCOUNT_SIG_PREFIX,
  WA_ADV_DEVICE_SIG_PREFIX,
  type KeyPair,
} from "@whiskeysockets/baileys";

/** The account's statement that a device is its own, as a phone signs it for the device it scanned. */
export interface SignedIdentity {
  /** `ADVSignedDeviceIdentityHMAC`: sealed with the secret of the QR code. */
  readonly sealed: Uint8Array;
  readonly details: Uint8Array;
}

/** Signs `06 00 | details | device identity` with the account's identity key and seals it with the QR code's secret. */
export function signDeviceIdentity(
  account: KeyPair,
  device: { identityKey: Uint8Array; keyIndex: number; advSecret: Uint8Array },
): SignedIdentity {
  const timestamp = Math.floor(Date.now() / 1000);
  const details = proto.ADVDeviceIdentity.encode({ rawId: 1, timestamp, keyIndex: device.keyIndex }).finish();
  const signed = Buffer.concat([WA_ADV_ACCOUNT_SIG_PREFIX, details, device.identityKey]);
  const statement = proto.ADVSignedDeviceIdentity.encode({
    details,
    accountSignatureKey: account.public,
    accountSignature: Curve.sign(account.private, signed),
  }).finish();
  const hmac = createHmac("sha256", device.advSecret).update(statement).digest();
  return { sealed: proto.ADVSignedDeviceIdentityHMAC.encode({ details: statement, hmac }).finish(), details };
}

/** Whether the device countersigned the same details: `06 01 | details | device identity | account identity`. */
export function isCountersigned(
  reply: Uint8Array,
  expected: { details: Uint8Array; identityKey: Uint8Array; accountKey: Uint8Array },
): boolean {
  const { details, deviceSignature } = proto.ADVSignedDeviceIdentity.decode(reply);
  if (!details || !deviceSignature || !Buffer.from(details).equals(expected.details)) return false;
  const signed = Buffer.concat([WA_ADV_DEVICE_SIG_PREFIX, details, expected.identityKey, expected.accountKey]);
  return Curve.verify(expected.identityKey, signed, deviceSignature);
}
