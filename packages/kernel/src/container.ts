import "reflect-metadata";
import { type DependencyContainer, type InjectionToken, container as globalContainer } from "tsyringe";
import type { Contract } from "./contract.ts";

export type { DependencyContainer } from "tsyringe";

/** The application's container: its own, or a new one. Provided contracts are registered in it, for the application's classes. */
export function applicationContainer(given?: DependencyContainer): DependencyContainer {
  return given ?? globalContainer.createChildContainer();
}

/**
 * A container for one plugin. It is a child of the empty global container rather than of the application's, since
 * a child finds everything its parents hold and a plugin gets only what it declared.
 */
export function pluginContainer(services: Iterable<readonly [Contract<unknown>, unknown]>): DependencyContainer {
  const container = globalContainer.createChildContainer();
  for (const [reference, service] of services) register(container, reference, service);
  return container;
}

export function register(container: DependencyContainer, reference: Contract<unknown>, service: unknown): void {
  container.register(reference as InjectionToken, { useValue: service });
}
