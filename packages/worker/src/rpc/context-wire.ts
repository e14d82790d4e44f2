import { CrmError, type ExecutionContext } from "@crmessenger/kernel";
import { WeakTable } from "./weak-table.ts";

/** An execution context on the port: the unit of work is a number that rejoins it at home. */
export type WireContext = Omit<ExecutionContext, "unitOfWork"> & { readonly unit?: number };

/** Puts execution contexts on the port and takes them off. */
export interface Contexts {
  encode(context: ExecutionContext): WireContext;
  decode(wire: WireContext): ExecutionContext;
}

/** Where the units of work are: a number stands for one as long as anybody holds it. */
export function homeContexts(): Contexts {
  const units = new WeakTable<object>();
  return {
    encode: (context) => encode(context, (unit) => units.idOf(unit)),
    decode: (wire) =>
      decode(wire, (id) => {
        const unit = units.get(id);
        if (unit) return unit;
        throw new CrmError(
          "CRM_UOW_CLOSED",
          "The unit of work has ended: something that nobody awaited went on using it.",
        );
      }),
  };
}

/** Where units of work are only known by their number. */
export function guestContexts(): Contexts {
  const units = new WeakTable<object>();
  return {
    encode: (context) => encode(context, (unit) => units.find(unit)),
    decode: (wire) =>
      decode(wire, (id) => {
        const known = units.get(id);
        if (known) return known;
        const unit = Object.freeze({ remoteUnitOfWork: id });
        units.set(id, unit);
        return unit;
      }),
  };
}

function encode(context: ExecutionContext, idOf: (unit: object) => number | undefined): WireContext {
  const { unitOfWork, ...plain } = context;
  const unit = unitOfWork && idOf(unitOfWork);
  return unit === undefined ? plain : { ...plain, unit };
}

function decode({ unit, ...plain }: WireContext, unitOf: (id: number) => object): ExecutionContext {
  return unit === undefined ? plain : { ...plain, unitOfWork: unitOf(unit) };
}
