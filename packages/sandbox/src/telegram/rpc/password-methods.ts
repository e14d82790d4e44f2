import { randomBytes } from "node:crypto";
import { Api } from "telegram";
import { DH_GENERATOR, DH_PRIME_BYTES } from "../crypto/dh-group.ts";
import type { SrpVerifier } from "../crypto/srp-verifier.ts";
import type { AuthKey } from "../session/auth-key.ts";
import type { Person } from "../world/person.ts";
import { authorise } from "./auth-methods.ts";
import type { DataCentreState } from "./data-centre-state.ts";
import type { MethodTable } from "./method-table.ts";
import { RpcFailure } from "./rpc-failure.ts";
import { fromLong, toLong } from "./tl-longs.ts";

/** Two-step verification (https://core.telegram.org/api/srp). */
export function addPasswordMethods(table: MethodTable, state: DataCentreState): void {
  table.add(Api.account.GetPassword, { open: true }, (_request, { authKey }) => {
    const person = personBehind(state, authKey);
    if (person.password === undefined) return passwordSettings();
    const challenge = person.password.challenge();
    const id = randomBytes(8).readBigInt64LE(0);
    authKey.srp = { id, challenge };
    return passwordSettings({
      hasPassword: true,
      currentAlgo: algorithm(person.password),
      srp_B: challenge.publicValue,
      srpId: toLong(id),
      ...(person.passwordHint === undefined ? {} : { hint: person.passwordHint }),
    });
  });
  table.add(Api.auth.CheckPassword, { open: true }, ({ password }, { authKey }) => {
    const person = personBehind(state, authKey);
    const { srp } = authKey;
    if (!(password instanceof Api.InputCheckPasswordSRP) || person.password === undefined)
      throw new RpcFailure(400, "PASSWORD_HASH_INVALID");
    if (srp === undefined || fromLong(password.srpId) !== srp.id) throw new RpcFailure(400, "SRP_ID_INVALID");
    // Each challenge may be answered once, so that nobody can try many passwords on one.
    authKey.srp = undefined;
    if (!person.password.verify(srp.challenge, password.A, password.M1))
      throw new RpcFailure(400, "PASSWORD_HASH_INVALID");
    return authorise(state, authKey, person);
  });
}

function personBehind(state: DataCentreState, authKey: AuthKey): Person {
  const id = authKey.passwordPendingFor ?? authKey.userId;
  if (id === undefined) throw new RpcFailure(401, "AUTH_KEY_UNREGISTERED");
  return state.world.person(id);
}

function algorithm(password: SrpVerifier): Api.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow {
  return new Api.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow({
    salt1: password.salt1,
    salt2: password.salt2,
    g: DH_GENERATOR,
    p: DH_PRIME_BYTES,
  });
}

type PasswordFields = Partial<ConstructorParameters<typeof Api.account.Password>[0]>;

function passwordSettings(fields: PasswordFields = {}): Api.account.Password {
  return new Api.account.Password({
    newAlgo: new Api.PasswordKdfAlgoUnknown(),
    newSecureAlgo: new Api.SecurePasswordKdfAlgoUnknown(),
    secureRandom: randomBytes(256),
    ...fields,
  });
}
