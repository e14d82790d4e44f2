import { memory } from "@crmessenger/memory";
import { type IamHarness, describeAuthenticator, describePermissionManager } from "@crmessenger/testing";
import { iam } from "../src/index.ts";

const harness: IamHarness = { name: "iam", plugins: () => [memory(), iam()] };

describeAuthenticator(harness);
describePermissionManager(harness);
