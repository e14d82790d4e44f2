import { type Contract, type Plugin, runInContext } from "@crmessenger/kernel";
import {
  ChannelAccountRepository,
  ConversationRepository,
  Intake,
  MessageRepository,
  Timeline,
} from "@crmessenger/kernel/communication";
import { RoleRepository, TeamRepository, UserRepository } from "@crmessenger/kernel/iam";
import {
  AttributeIndexes,
  Auditor,
  Clock,
  Collections,
  EventDispatcher,
  EventLog,
  Idempotency,
  Ids,
  Jobs,
  Leases,
  RateBudget,
  Secrets,
  Settings,
  UnitOfWork,
} from "@crmessenger/kernel/infrastructure";
import {
  ChannelIdentityRepository,
  ContactRepository,
  DealRepository,
  LeadRepository,
  LeadStates,
  PipelineRepository,
} from "@crmessenger/kernel/sales";
import { type JumpingClock, createJumpingClock } from "../faults/jumping-clock.ts";
import type { TestKernel } from "../kernel/create-test-kernel.ts";
import { type StorageHarness, type TestDatabase, startOn } from "./storage-harness.ts";
import { afterAll, beforeAll, describe, onTestFinished, test } from "../suite/suite-api.ts";

const CONTRACTS = {
  units: UnitOfWork,
  audit: Auditor,
  attributeIndexes: AttributeIndexes,
  timeline: Timeline,
  idempotency: Idempotency,
  intake: Intake,
  log: EventLog,
  events: EventDispatcher,
  jobs: Jobs,
  collections: Collections,
  secrets: Secrets,
  settings: Settings,
  leases: Leases,
  budget: RateBudget,
  users: UserRepository,
  teams: TeamRepository,
  roles: RoleRepository,
  contacts: ContactRepository,
  identities: ChannelIdentityRepository,
  leads: LeadRepository,
  leadStates: LeadStates,
  pipelines: PipelineRepository,
  deals: DealRepository,
  accounts: ChannelAccountRepository,
  conversations: ConversationRepository,
  messages: MessageRepository,
  clock: Clock,
  ids: Ids,
} as const;

type World = { readonly [K in keyof typeof CONTRACTS]: (typeof CONTRACTS)[K] extends Contract<infer T> ? T : never };

/** What a test of a storage has in hand. A service is looked up when it is first used, so a storage may be half done. */
export interface StorageWorld extends World {
  readonly kernel: TestKernel;
  readonly database: TestDatabase;
  /** Every test has a tenant of its own, so tests of one database don't meet. */
  readonly tenantId: string;
  /** Runs work in another tenant. */
  inTenant<T>(tenantId: string, work: () => Promise<T>): Promise<T>;
  /** Sets this process's time of day forward or back, until the test ends. The server of a database has its own. */
  jump(milliseconds: number): void;
  /** A name that nothing else in the database has, for what is not divided by tenants. */
  unique(prefix: string): string;
}

/** The services of a kernel as a test sees them. */
export function worldOf(
  kernel: TestKernel,
  database: TestDatabase,
  tenantId: string,
  clock: JumpingClock = createJumpingClock(),
): StorageWorld {
  const world = {
    kernel,
    database,
    tenantId,
    inTenant: <T>(other: string, work: () => Promise<T>) => runInContext({ tenantId: other }, work),
    jump: (milliseconds: number) => clock.jump(milliseconds),
    unique: (prefix: string) => `${prefix}-${kernel.get(Ids).next()}`,
  };
  for (const [name, reference] of Object.entries(CONTRACTS)) {
    Object.defineProperty(world, name, { get: () => kernel.get(reference as Contract<unknown>) });
  }
  return world as unknown as StorageWorld;
}

/** A suite's hold on its storage. */
export interface StorageSuite {
  /** A test in a new tenant of the suite's database. */
  test(name: string, run: (world: StorageWorld) => Promise<void>): void;
}

const SHARED = Symbol("shared");

type SharedHarness = StorageHarness & { readonly [SHARED]?: () => Started };
interface Started {
  readonly kernel: TestKernel;
  readonly database: TestDatabase;
  readonly clock: JumpingClock;
}

/** Describes one contract of a storage, on a database of its own unless the suites share one. */
export function describeOn(
  harness: StorageHarness,
  title: string,
  define: (suite: StorageSuite) => void,
  plugins: readonly Plugin[] = [],
): void {
  describe(title, () => {
    const started = (harness as SharedHarness)[SHARED] ?? startForSuite(harness, plugins);
    define({
      test: (name, run) =>
        test(name, async () => {
          const { kernel, database, clock } = started();
          const world = worldOf(kernel, database, kernel.get(Ids).next(), clock);
          onTestFinished(() => clock.reset());
          await kernel.run(() => run(world), { tenantId: world.tenantId });
        }),
    });
  });
}

/** Lets several suites use one database and kernel. Called inside a `describe`. */
export function shareStorage(harness: StorageHarness, plugins: readonly Plugin[] = []): StorageHarness {
  return { ...harness, [SHARED]: startForSuite(harness, plugins) } as SharedHarness;
}

function startForSuite(harness: StorageHarness, plugins: readonly Plugin[]): () => Started {
  let started: Started | undefined;
  beforeAll(async () => {
    const database = await harness.create();
    const clock = createJumpingClock();
    started = { clock, database, kernel: await startOn(database, plugins, clock) };
  });
  afterAll(async () => {
    await started?.kernel.stop();
    await started?.database.drop?.();
  });
  return () => {
    if (started) return started;
    throw new Error(`The storage "${harness.name}" did not start.`);
  };
}
