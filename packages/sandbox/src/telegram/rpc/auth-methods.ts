import { randomBytes } from "node:crypto";
import { Api } from "telegram";
import { HOME_DC, type AuthKey } from "../session/auth-key.ts";
import type { LoginToken } from "../session/login-tokens.ts";
import type { Person } from "../world/person.ts";
import type { DataCentreState } from "./data-centre-state.ts";
import type { MethodTable, RpcCall } from "./method-table.ts";
import { DATA_CENTRES } from "./help-methods.ts";
import { RpcFailure } from "./rpc-failure.ts";
import { toLong } from "./tl-longs.ts";

/** auth.*: logging in by QR code or bot token, and out. The password check is in password-methods.ts. */
export function addAuthMethods(table: MethodTable, state: DataCentreState): void {
  table.add(Api.auth.ExportLoginToken, { open: true }, (request, call) => {
    checkApiCredentials(request);
    return exportLoginToken(state, call);
  });
  table.add(Api.auth.ImportLoginToken, { open: true }, (request, { authKey }) => {
    const token = state.loginTokens.find(request.token);
    if (token?.acceptedBy === undefined) throw new RpcFailure(400, "AUTH_TOKEN_INVALID");
    if (token.expiresAt <= Date.now()) throw new RpcFailure(400, "AUTH_TOKEN_EXPIRED");
    return finishLogin(state, authKey, token);
  });
  table.add(Api.auth.ImportBotAuthorization, { open: true }, (request, { authKey }) => {
    checkApiCredentials(request);
    const bot = state.world.findByToken(request.botAuthToken);
    if (bot === undefined) throw new RpcFailure(400, "ACCESS_TOKEN_INVALID");
    return authorise(state, authKey, bot);
  });
  addTransfers(table, state);
  table.add(Api.auth.LogOut, {}, (_request, { authKey }) => {
    authKey.logOut("AUTH_KEY_UNREGISTERED");
    return new Api.auth.LoggedOut({});
  });
}

/** A login is taken along to another data centre, where its files are, by a ticket for one use. */
function addTransfers(table: MethodTable, state: DataCentreState): void {
  const tickets = new Map<string, { readonly userId: number; readonly dcId: number }>();
  table.add(Api.auth.ExportAuthorization, {}, ({ dcId }, { me }) => {
    if (!DATA_CENTRES.includes(dcId) || dcId === me.homeDc) throw new RpcFailure(400, "DC_ID_INVALID");
    const bytes = randomBytes(32);
    tickets.set(bytes.toString("hex"), { userId: me.id, dcId });
    return new Api.auth.ExportedAuthorization({ id: toLong(me.id), bytes });
  });
  table.add(Api.auth.ImportAuthorization, { open: true, withoutUpdates: true }, ({ id, bytes }, { authKey }) => {
    const ticket = tickets.get(bytes.toString("hex"));
    if (ticket === undefined || ticket.userId !== id.toJSNumber()) throw new RpcFailure(400, "AUTH_BYTES_INVALID");
    tickets.delete(bytes.toString("hex"));
    authKey.authorise(ticket.userId, ticket.dcId);
    authKey.transferred = true;
    const person = state.world.person(ticket.userId);
    return new Api.auth.Authorization({ user: state.renderer.user(person.id, person) });
  });
}

/** Logs the key in as this person and answers what clients get for it. */
export function authorise(state: DataCentreState, authKey: AuthKey, person: Person): Api.auth.Authorization {
  authKey.authorise(person.id, person.homeDc);
  return new Api.auth.Authorization({ user: state.renderer.user(person.id, person) });
}

/**
 * https://core.telegram.org/api/qr-login: a token to show, the login itself once a phone accepted the token, or where to
 * go when the account lives in another data centre.
 */
function exportLoginToken(state: DataCentreState, { authKey }: RpcCall): Api.auth.TypeLoginToken {
  if (authKey.userId !== undefined) {
    const person = state.world.person(authKey.userId);
    return new Api.auth.LoginTokenSuccess({ authorization: authorise(state, authKey, person) });
  }
  if (authKey.passwordPendingFor !== undefined) throw new RpcFailure(401, "SESSION_PASSWORD_NEEDED");
  const accepted = state.loginTokens.accepted(authKey);
  if (accepted?.acceptedBy === undefined) {
    const token = state.loginTokens.issue(authKey);
    return new Api.auth.LoginToken({ token: token.bytes, expires: Math.floor(token.expiresAt / 1000) });
  }
  const { homeDc } = state.world.person(accepted.acceptedBy);
  if (homeDc !== HOME_DC) return new Api.auth.LoginTokenMigrateTo({ dcId: homeDc, token: accepted.bytes });
  return finishLogin(state, authKey, accepted);
}

function finishLogin(state: DataCentreState, authKey: AuthKey, token: LoginToken): Api.auth.LoginTokenSuccess {
  const person = state.world.person(token.acceptedBy ?? 0);
  state.loginTokens.use(token);
  if (person.password !== undefined) {
    authKey.passwordPendingFor = person.id;
    throw new RpcFailure(401, "SESSION_PASSWORD_NEEDED");
  }
  return new Api.auth.LoginTokenSuccess({ authorization: authorise(state, authKey, person) });
}

/** Any pair will do, except an empty one. */
function checkApiCredentials({ apiId, apiHash }: { readonly apiId: number; readonly apiHash: string }): void {
  if (apiId <= 0 || apiHash === "") throw new RpcFailure(400, "API_ID_INVALID");
}
