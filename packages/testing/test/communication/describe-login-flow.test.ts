import type { LoginStep } from "@crmessenger/kernel/communication";
import { describeLoginFlow } from "../../src/index.ts";
import { ScriptedLogin } from "./scripted-login.ts";

describeLoginFlow({
  name: "a code",
  async begin() {
    const flow = new ScriptedLogin();
    return { flow, act: async (step) => void (step.kind === "show-qr" && flow.scan()) };
  },
});

describeLoginFlow({
  name: "a code and a password",
  async begin() {
    const flow = new ScriptedLogin("open sesame");
    const act = async (step: LoginStep) => {
      if (step.kind === "show-qr") flow.scan();
      if (step.kind === "ask") await flow.submit({ password: "open sesame" });
    };
    return { flow, act, wrongAnswer: { password: "open says me" } };
  },
});
