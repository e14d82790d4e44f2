/** WhatsApp addresses: `<digits>@s.whatsapp.net` is made of the phone number, `<digits>@lid` hides it. */
const PHONE_SERVER = "@s.whatsapp.net";
const LID_SERVER = "@lid";

export function phoneAddress(digits: string): string {
  return `${digits}${PHONE_SERVER}`;
}

export function lidAddress(digits: string): string {
  return `${digits}${LID_SERVER}`;
}

export function isLid(jid: string): boolean {
  return jid.endsWith(LID_SERVER);
}

export function isPhoneAddress(jid: string): boolean {
  return jid.endsWith(PHONE_SERVER);
}

/** The digits before the server, without the device. */
export function userOf(jid: string): string {
  return jid.split("@", 1)[0]?.split(":", 1)[0] ?? "";
}

/** The address of a person's phone rather than of one of its devices. */
export function personOf(jid: string): string {
  const at = jid.indexOf("@");
  return at < 0 ? jid : `${userOf(jid)}${jid.slice(at)}`;
}

/** E.164. */
export function phoneNumber(jid: string): string {
  return `+${userOf(jid)}`;
}

/** Where to write to: an address as it is, or the address of a phone number. Undefined when it is neither. */
export function addressOf(conversationExternalId: string): string | undefined {
  if (isLid(conversationExternalId) || isPhoneAddress(conversationExternalId)) return conversationExternalId;
  const digits = conversationExternalId.replace(/[\s()+.-]/g, "");
  return /^[1-9]\d{4,14}$/.test(digits) ? phoneAddress(digits) : undefined;
}
