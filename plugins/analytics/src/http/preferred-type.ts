import { CrmError } from "@crmessenger/kernel";

interface Range {
  readonly type: string;
  readonly quality: number;
}

/**
 * Which of the types an `Accept` header asks for: the one of the highest quality, and of equal ones the first that is
 * offered. Without a header it is the first; `CRM_REPORT_FORMAT` (406) when none is acceptable.
 */
export function preferredType<T extends string>(accept: string | undefined, offered: readonly [T, ...T[]]): T {
  if (accept === undefined || accept.trim() === "") return offered[0];
  const ranges = accept.split(",").map(rangeOf);
  const rated = offered.map((type) => ({ type, quality: qualityOf(type, ranges) }));
  const best = rated.reduce((one, other) => (other.quality > one.quality ? other : one));
  if (best.quality > 0) return best.type;
  throw new CrmError(
    "CRM_REPORT_FORMAT",
    `This report comes as ${offered.join(", ")}, and the request accepts none of these.`,
    {
      status: 406,
      details: { offered },
    },
  );
}

function rangeOf(text: string): Range {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const quality = Number(parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? 1);
  return { type, quality: Number.isFinite(quality) ? quality : 0 };
}

/** The most specific range counts. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  for (const pattern of [type, `${type.split("/")[0] ?? ""}/*`, "*/*"]) {
    const found = ranges.find((range) => range.type === pattern);
    if (found) return found.quality;
  }
  return 0;
}
