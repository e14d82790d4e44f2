import { describe, expect, it } from "vitest";
import { contentMd5, signHook, signRequest } from "./signature.ts";

/** Requests that amoCRM's documentation shows with their signatures. */
const SECRET = "f2d7f8704eff95087ed45b23ba99c0b5aac8278e";
const CHANNEL = "344a5002-f8ca-454d-af3d-396180102ac7";
const SCOPE = `${CHANNEL}_52e591f7-c98f-4255-8495-827210138c81`;
const ROOT = "/v2/origin/custom/";
const CLIENT = "my_int-1376265f-86df-4c49-a0c3-a4816df41af8";

const documented = [
  {
    name: "connect",
    method: "POST",
    path: `${ROOT}${CHANNEL}/connect`,
    date: "Wed, 15 Dec 2021 23:12:55 +0000",
    body: '{"account_id":"52e591f7-c98f-4255-8495-827210138c81","title":"ChatsIntegration","hook_api_version":"v2"}',
    md5: "2fbcb3c652b61e24e004daddfc73d0ce",
    signature: "81211856ce0c5095f3e1a90c0a38dc9d736cfd55",
  },
  {
    name: "delivery status",
    method: "POST",
    path: `${ROOT}${SCOPE}/079e44fb-fc22-476b-9e8a-421b688ec53b/delivery_status`,
    date: "Thu, 16 Dec 2021 12:58:40 +0000",
    body: '{"msgid":"079e44fb-fc22-476b-9e8a-421b688ec53b","delivery_status":2,"error_code":905,"error":"Error text"}',
    md5: "a0bbbac729c6341f0a521e2db7a8a236",
    signature: "ca51f810785031385a801f41103244713c1a2352",
  },
  {
    name: "disconnect, whose body is signed too",
    method: "DELETE",
    path: `${ROOT}${CHANNEL}/disconnect`,
    date: "Wed, 15 Dec 2021 23:59:28 +0000",
    body: '{"account_id":"52e591f7-c98f-4255-8495-827210138c81"}',
    md5: "271fa2e4fb0ff84a3ef9689027bd1f38",
    signature: "e1678e3b6aa674b5127f4feb448e6200ce0bfc72",
  },
  {
    name: "a new chat, with PHP's escapes in its body",
    method: "POST",
    path: `${ROOT}${SCOPE}/chats`,
    date: "Thu, 16 Dec 2021 23:22:49 +0000",
    body: String.raw`{"conversation_id":"my_int-8e3e7640-49af-4448-a2c6-d5a421f7f217","source":{"external_id":"78001234567"},"user":{"id":"my_int-1376265f-86df-4c49-a0c3-a4816df41af9","avatar":"https:\/\/example.com\/users\/avatar.png","name":"\u0418\u043c\u044f \u043a\u043b\u0438\u0435\u043d\u0442\u0430","profile":{"phone":"+79151112233","email":"example.client@example.com"},"profile_link":"https:\/\/example.com\/profile\/example.client"}}`,
    md5: "5139e573382c0eae38f476822abb2014",
    signature: "a601e486d694c8e7e8a5b637660f949f8bb7efaf",
  },
  {
    name: "typing",
    method: "POST",
    path: `${ROOT}${SCOPE}/typing`,
    date: "Thu, 16 Dec 2021 16:01:21 +0000",
    body: `{"conversation_id":"my_int-d5a421f7f218","sender":{"id":"${CLIENT}"}}`,
    md5: "255a22566d68be207fa36804e78a523a",
    signature: "e8263b1daf2b20396c02db6c8c846f95cc0f9540",
  },
];

describe("signRequest", () => {
  it.each(documented)(
    "reproduces the documented signature of $name",
    ({ method, path, date, body, md5, signature }) => {
      expect(contentMd5(body)).toBe(md5);
      expect(signRequest(SECRET, { method, path, contentType: "application/json", date, body })).toBe(signature);
    },
  );
});

describe("signHook", () => {
  it("depends on the body alone", () => {
    expect(signHook("key", "The quick brown fox jumps over the lazy dog")).toBe(
      "de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9",
    );
  });
});
