import { Authenticator, CreateUser } from "@crmessenger/kernel/iam";
import { memory } from "@crmessenger/memory";
import { describePlugin } from "@crmessenger/testing";
import { iam } from "../src/index.ts";

describePlugin({
  plugin: () => iam(),
  others: () => [memory()],
  async exercise(kernel) {
    const [email, password] = ["mara@example.com", "correct horse battery staple"];
    const about = { name: "Mara", roleIds: [], teamIds: [], timeZone: "UTC", locale: "en" };
    await kernel.run(() => kernel.bus.dispatch(CreateUser, { ...about, email, password }));
    const { token } = await kernel.run(() => kernel.get(Authenticator).signIn({ email, password }));
    await kernel.run(() => kernel.get(Authenticator).signOut(token));
  },
});
