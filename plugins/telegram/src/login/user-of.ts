import { Api } from "telegram";

/** The user that Telegram logged in. */
export function userOf(authorization: Api.auth.TypeAuthorization): Api.User {
  if (authorization instanceof Api.auth.Authorization && authorization.user instanceof Api.User)
    return authorization.user;
  throw new Error("This phone number has no Telegram account yet. Sign up in the Telegram app first.");
}
