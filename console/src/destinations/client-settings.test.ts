import { expect, test } from "vitest";
import { clientSettings } from "./client-settings";

const keys = {
  bucket: "hosted",
  prefix: "acme/dst_1/",
  region: "eu-central-1",
  endpoint: "https://s3.eu-central-1.amazonaws.com",
  keys: [],
  access_key_id: "AKIA1",
  secret_access_key: "geheim/+=",
};

test("every client gets the key, the secret, the place and the host", () => {
  for (const { lines, where } of clientSettings(keys)) {
    expect(lines).toContain("AKIA1");
    expect(lines).toContain("geheim/+=");
    expect(lines).toContain("s3.eu-central-1.amazonaws.com");
    expect(where + lines).toContain("hosted/acme/dst_1/");
  }
});

test("s3cmd wants a host without a scheme, and is told whether to encrypt", () => {
  const of = (endpoint: string) => clientSettings({ ...keys, endpoint }).find(({ id }) => id === "s3cmd")?.lines;
  expect(of(keys.endpoint)).toContain("host_base = s3.eu-central-1.amazonaws.com\n");
  expect(of(keys.endpoint)).toContain("use_https = True");
  expect(of("http://127.0.0.1:4566")).toContain("use_https = False");
});
