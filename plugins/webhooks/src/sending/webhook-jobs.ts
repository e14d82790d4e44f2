import { type JobHandler, executionContext, work } from "@crmessenger/kernel";
import { Lane, type LaneServices } from "./lane.ts";
import { DueJob, sendJob } from "./lanes.ts";
import { Pacer } from "./pacer.ts";
import { TidyJob, type Tidying } from "./tidying.ts";

/** The jobs of the plugin with what does them. */
export function webhookJobs(
  services: LaneServices & { readonly tidying: Tidying },
  { lanes }: { readonly lanes: number },
): readonly JobHandler[] {
  /** Of the subscriptions that this process sends for; each is one of few bytes. */
  const pacers = new Map<string, Pacer>();
  return [
    work(sendJob(lanes), ({ data: { subscriptionId }, signal }) => {
      const key = `${executionContext().tenantId}/${subscriptionId}`;
      const pacer = pacers.get(key) ?? new Pacer(services.clock);
      pacers.set(key, pacer);
      return Lane.run(services, subscriptionId, pacer, signal);
    }),
    work(DueJob, ({ data: { subscriptionId, queue } }) => services.lanes.due(subscriptionId, queue)),
    work(TidyJob, ({ signal }) => services.tidying.tidy(signal)),
  ];
}
