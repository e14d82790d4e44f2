import type { IncomingHttpHeaders } from "node:http";
import type { AccessSubject } from "@crmessenger/kernel/iam";

/** Answers who sent a request, or undefined where the server does not know. */
export type Introduction = () => AccessSubject | undefined | Promise<AccessSubject | undefined>;

/** By the request's headers: the one object that every endpoint has in hand, and no caller can forge. */
const introductions = new WeakMap<IncomingHttpHeaders, Introduction>();

/** The server that the handler is mounted in says whose request this is. */
export function introduce(headers: IncomingHttpHeaders, introduction: Introduction): void {
  introductions.set(headers, introduction);
}

/** Asked anew each time: a session may have ended since. */
export async function introducedSubject(headers: IncomingHttpHeaders): Promise<AccessSubject | undefined> {
  return introductions.get(headers)?.();
}
