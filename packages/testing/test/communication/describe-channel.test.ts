import { describeChannel } from "../../src/index.ts";
import { loopbackUnderTest } from "./loopback-channel.ts";

describeChannel({ name: "a messenger in memory", create: () => loopbackUnderTest() });
