import type { EventCatalogue } from "../bus/event-catalogue.ts";
import type { EventDispatcher } from "../bus/event-dispatcher.ts";
import type { MessageBus } from "../bus/message-bus.ts";
import type { KernelView, LeadStates, RouteTable } from "../boot/kernel-contracts.ts";
import type { Contract, ImplementationOf } from "../contract.ts";
import type { DeclaredFields, FieldDeclarations, FieldValueOf } from "../extensibility/declared-fields.ts";
import type { FieldType } from "../extensibility/field-definition.ts";
import type { Clock } from "../infrastructure/clock.ts";
import type { Ids } from "../infrastructure/ids.ts";
import type { Logger } from "../infrastructure/logger.ts";
import type { Contracts, Plugin } from "./plugin.ts";

/** What the type of a plugin says about it. It exists for the compiler only. */
export interface PluginTypes {
  readonly id: string;
  readonly deps: Contracts;
  readonly provides: Contracts;
  /** The channel types that it brings. */
  readonly channels: string;
  /** The topics of the events that it records. */
  readonly topics: string;
  /** The custom fields that it declares. */
  readonly fields: FieldDeclarations;
}

/** Where a plugin's type keeps what it says. No value has this property. */
export declare const pluginTypes: unique symbol;

type TypesOf<P> = P extends { readonly [pluginTypes]?: infer T } ? NonNullable<T> : never;

/** The contracts that every kernel provides by itself. */
export type KernelContracts =
  | Contract<MessageBus>
  | Contract<EventDispatcher>
  | Contract<EventCatalogue>
  | Contract<Clock>
  | Contract<Ids>
  | Contract<Logger>
  | Contract<KernelView>
  | Contract<LeadStates>
  | Contract<RouteTable>
  | Contract<DeclaredFields>;

/** What an application is made of, as its types know it. */
export interface Composition {
  /** The references of all that is provided. */
  readonly contracts: Contract<unknown>;
  readonly channels: string;
  readonly topics: string;
  readonly fields: FieldDeclarations;
}

/** A composition is known when its length is, and the type of each plugin says what it is. */
type IsKnown<P extends readonly Plugin[]> = number extends P["length"]
  ? false
  : string extends TypesOf<P[number]>["id"]
    ? false
    : true;

type ProvidedBy<P> = P extends { readonly [pluginTypes]?: infer T }
  ? NonNullable<T> extends { readonly provides: infer C }
    ? C[keyof C]
    : never
  : never;

/** The composition of a list of plugins. */
export type CompositionOf<P extends readonly Plugin[]> =
  IsKnown<P> extends true
    ? {
        readonly contracts: KernelContracts | Extract<ProvidedBy<P[number]>, Contract<unknown>>;
        readonly channels: TypesOf<P[number]>["channels"];
        readonly topics: TypesOf<P[number]>["topics"];
        readonly fields: TypesOf<P[number]>["fields"];
      }
    : Composition;

/** One sentence for each dependency that nothing in the list provides. */
type Missing<P, Provided> = P extends { readonly [pluginTypes]?: infer T }
  ? NonNullable<T> extends { readonly id: infer I extends string; readonly deps: infer D }
    ? {
        [K in keyof D & string]: D[K] extends Provided
          ? never
          : `Plugin "${I}" needs "${K}", which no plugin in this list provides.`;
      }[keyof D & string]
    : never
  : never;

/** `unknown` when every dependency is provided, and otherwise the sentences that say which are not. */
export type Complete<P extends readonly Plugin[]> =
  IsKnown<P> extends true
    ? [Missing<P[number], CompositionOf<P>["contracts"]>] extends [never]
      ? unknown
      : Missing<P[number], CompositionOf<P>["contracts"]>
    : unknown;

/** The implementations that an application holds: `ServicesOf<typeof kernel>`. */
export type ServicesOf<K> = K extends { readonly composition?: infer C }
  ? NonNullable<C> extends { readonly contracts: infer R }
    ? ImplementationOf<R>
    : never
  : never;

/** The types of channels that an application has. */
export type ChannelTypesOf<K> = K extends { readonly composition?: infer C }
  ? NonNullable<C> extends { readonly channels: infer R }
    ? R
    : never
  : never;

/** The topics of the events that an application records. */
export type TopicsOf<K> = K extends { readonly composition?: infer C }
  ? NonNullable<C> extends { readonly topics: infer R }
    ? R
    : never
  : never;

/** The declarations for one entity, of each plugin that has any. */
type DeclaredFor<F, E extends string> = F extends { readonly [K in E]: infer D } ? D : never;

type AllOf<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void ? I : never;

/** The custom fields that an application declares on an entity, with the types of their values: `CustomFieldsOf<typeof kernel, "lead">`. */
export type CustomFieldsOf<K, E extends string> = K extends { readonly composition?: infer C }
  ? NonNullable<C> extends { readonly fields: infer F }
    ? {
        readonly [N in keyof AllOf<DeclaredFor<F, E>>]?: AllOf<DeclaredFor<F, E>>[N] extends {
          readonly type: infer T extends FieldType;
        }
          ? FieldValueOf<T> | null
          : never;
      }
    : never
  : never;
