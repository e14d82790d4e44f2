import type { Verdict } from "../hooks/hook-point.ts";
import type { AccessRequest } from "./permission-manager.ts";

/**
 * Has a say in whether a subject may do something: taps `IamHooks.accessVoter`. It denies with a reason, allows with
 * a reason, or says nothing. A deny wins over every allow; nothing said by anybody is a refusal.
 */
export type AccessVoter = (request: AccessRequest) => Verdict | Promise<Verdict>;
