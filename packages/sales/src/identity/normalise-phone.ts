import { createRequire } from "node:module";
import type { CountryCode, parsePhoneNumberFromString } from "libphonenumber-js/min";

/** ISO 3166-1 alpha-2, such as `BR`. */
export type PhoneRegion = CountryCode;

/** A phone number in E.164, with the other spellings under which the same telephone is known. */
export interface NormalisedPhone {
  readonly value: string;
  readonly aliases: readonly string[];
}

/**
 * Loaded with the first number: its tables take some 25 ms, which no start of an application should wait for. They
 * come through `require` so that normalising stays an ordinary function.
 */
let parser: typeof parsePhoneNumberFromString | undefined;

function parse(text: string, region?: PhoneRegion): string | undefined {
  parser ??= (
    createRequire(import.meta.url)("libphonenumber-js/min") as {
      parsePhoneNumberFromString: typeof parsePhoneNumberFromString;
    }
  ).parsePhoneNumberFromString;
  const phone = parser(text, region);
  if (!phone?.isPossible() || phone.ext !== undefined) return undefined;
  return phone.number;
}

/**
 * The number in E.164, or undefined when it can't be one. Without `region` a number needs its country code, with or
 * without the plus. A number with an extension is nobody's own and is refused.
 */
export function normalisePhone(text: string, region?: PhoneRegion): NormalisedPhone | undefined {
  const compact = text.trim().replace(/^00(?=[1-9])/, "+");
  const international = compact.startsWith("+") ? compact : undefined;
  const e164 = international
    ? parse(withoutMexicanOne(international))
    : ((region && parse(compact, region)) ?? parse(withoutMexicanOne(`+${compact}`)));
  if (e164 === undefined) return undefined;
  return brazilian(e164) ?? mexican(e164) ?? { value: e164, aliases: [] };
}

/** Brazil put a 9 before its eight-digit mobile numbers (those that begin with 6 to 9); messengers know both forms. */
function brazilian(e164: string): NormalisedPhone | undefined {
  const match = /^\+55(\d\d)(9?)([6-9]\d{7})$/.exec(e164);
  if (!match) return undefined;
  const [, area = "", , subscriber = ""] = match;
  return { value: `+55${area}9${subscriber}`, aliases: [`+55${area}${subscriber}`] };
}

/** Mexico dropped the 1 between country code and mobile number in 2019; WhatsApp still writes it. */
function mexican(e164: string): NormalisedPhone | undefined {
  const match = /^\+52(\d{10})$/.exec(e164);
  return match ? { value: e164, aliases: [`+521${match[1]}`] } : undefined;
}

function withoutMexicanOne(text: string): string {
  const digits = text.replaceAll(/[\s().-]/g, "");
  return /^\+521\d{10}$/.test(digits) ? `+52${digits.slice(4)}` : text;
}
