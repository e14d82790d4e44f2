import { Api } from "telegram";
import { computeCheck } from "telegram/Password.js";
import bigInt from "big-integer";
import { expect, test } from "vitest";
import { DH_GENERATOR, DH_PRIME_BYTES } from "./dh-group.ts";
import { SrpVerifier, type SrpChallenge } from "./srp-verifier.ts";

async function prove(verifier: SrpVerifier, challenge: SrpChallenge, password: string): Promise<boolean> {
  const algo = new Api.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow({
    salt1: verifier.salt1,
    salt2: verifier.salt2,
    g: DH_GENERATOR,
    p: DH_PRIME_BYTES,
  });
  const request = new Api.account.Password({
    currentAlgo: algo,
    srp_B: challenge.publicValue,
    srpId: bigInt(1),
    newAlgo: algo,
    newSecureAlgo: new Api.SecurePasswordKdfAlgoUnknown(),
    secureRandom: Buffer.alloc(8),
  });
  const proof = await computeCheck(request, password);
  if (!(proof instanceof Api.InputCheckPasswordSRP)) throw new Error("GramJS made no proof.");
  return verifier.verify(challenge, proof.A, proof.M1);
}

test("accepts the password and no other", async () => {
  const verifier = new SrpVerifier("pässwörd 🔑");
  expect(await prove(verifier, verifier.challenge(), "pässwörd 🔑")).toBe(true);
  expect(await prove(verifier, verifier.challenge(), "password")).toBe(false);
});

test("refuses trivial public values", () => {
  const verifier = new SrpVerifier("secret");
  expect(verifier.verify(verifier.challenge(), Buffer.alloc(256), Buffer.alloc(32))).toBe(false);
  expect(verifier.verify(verifier.challenge(), DH_PRIME_BYTES, Buffer.alloc(32))).toBe(false);
});
