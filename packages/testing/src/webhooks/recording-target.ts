import { type Plugin, definePlugin } from "@crmessenger/kernel";
import {
  type DeliveryAnswer,
  type DeliveryRequest,
  type DeliveryTarget,
  DeliveryTargets,
} from "@crmessenger/kernel/extensibility";

/** The name under which subscriptions of the suite send. */
export const RECORDING_TARGET = "testing.recording";

/** The receivers of a test, behind one DeliveryTarget: they keep what comes and answer as told. */
export interface RecordingTarget extends DeliveryTarget {
  /** Every attempt at a URL, in order. */
  attempts(url: string): readonly DeliveryRequest[];
  /** What was accepted at a URL, in order. */
  accepted(url: string): readonly DeliveryRequest[];
  /** How the next attempts at a URL are answered, one after another; then everything is accepted. */
  answerNext(url: string, ...answers: readonly (() => Promise<DeliveryAnswer>)[]): void;
  plugin(): Plugin;
}

export const acceptedAnswer: DeliveryAnswer = { outcome: "accepted", status: 200, response: "" };

export function createRecordingTarget(): RecordingTarget {
  const attempts: DeliveryRequest[] = [];
  const accepted: DeliveryRequest[] = [];
  const answers = new Map<string, (() => Promise<DeliveryAnswer>)[]>();
  const at = (url: string) => (request: DeliveryRequest) => request.subscription.url === url;
  const target: RecordingTarget = {
    name: RECORDING_TARGET,
    checkUrl: async () => null,
    attempts: (url) => attempts.filter(at(url)),
    accepted: (url) => accepted.filter(at(url)),
    answerNext: (url, ...next) => void answers.set(url, [...(answers.get(url) ?? []), ...next]),
    async deliver(request) {
      attempts.push(request);
      const answer = (await answers.get(request.subscription.url)?.shift()?.()) ?? acceptedAnswer;
      if (answer.outcome === "accepted") accepted.push(request);
      return answer;
    },
    plugin() {
      const plugin = definePlugin({
        id: "testing-recording-target",
        version: "1.0.0",
        deps: { targets: DeliveryTargets },
        boot({ targets }) {
          targets.register(target);
          return { stop: async () => targets.unregister(RECORDING_TARGET) };
        },
      });
      return plugin();
    },
  };
  return target;
}
