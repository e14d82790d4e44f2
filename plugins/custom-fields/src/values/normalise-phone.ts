import { parsePhoneNumberFromString } from "libphonenumber-js/min";

/** The number in E.164, or undefined where it is none: it must begin with its country code. */
export function normalisePhone(text: string): string | undefined {
  const number = parsePhoneNumberFromString(text.trim());
  return number?.isPossible() ? number.number : undefined;
}
