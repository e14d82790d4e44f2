import bigInt from "big-integer";

/** A TL `long` as GramJS holds it. */
export type TlLong = bigInt.BigInteger;

/** A number or bigint as a TL `long`, wrapped to 64 bits with a sign. */
export function toLong(value: bigint | number): TlLong {
  return typeof value === "number" ? bigInt(value) : bigInt(BigInt.asIntN(64, value).toString());
}

/** A TL `long` as a bigint with a sign. */
export function fromLong(value: TlLong): bigint {
  return BigInt.asIntN(64, BigInt(value.toString()));
}
