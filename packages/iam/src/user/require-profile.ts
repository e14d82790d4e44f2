import { CrmError } from "@crmessenger/kernel";

/** Passes when the platform knows the time zone and the locale. */
export function requireProfile({ timeZone, locale }: { readonly timeZone: string; readonly locale: string }): void {
  if (!isUsable(() => new Intl.DateTimeFormat("en", { timeZone }))) {
    throw new CrmError(
      "CRM_IAM_UNKNOWN_TIME_ZONE",
      `There is no time zone "${timeZone}": use an IANA name, such as Europe/Moscow.`,
      {
        status: 422,
        details: { timeZone },
      },
    );
  }
  if (!isUsable(() => new Intl.Locale(locale))) {
    throw new CrmError("CRM_IAM_UNKNOWN_LOCALE", `"${locale}" is no locale: use a BCP 47 tag, such as pt-BR.`, {
      status: 422,
      details: { locale },
    });
  }
}

/** Intl says with a RangeError that it does not know a name. */
function isUsable(make: () => unknown): boolean {
  try {
    make();
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
