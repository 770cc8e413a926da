import { expect, test } from "vitest";
import { ruleAddress } from "../../explore/question";
import { askedDraft } from "./asked-draft";
import { newDraft } from "./draft";

const of = (address: string) => askedDraft(new URL(address, "http://x").searchParams, "UTC");

test("a search becomes a rule of just that", () => {
  const span = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };
  const search = {
    dataset: "chat_tickets",
    span,
    filter: "status = 'a & b'",
    fields: ["id", "status"],
    source: "online",
  };
  const [choice, ...others] = of(ruleAddress({ ...search, source: "online" })).data;
  expect(others).toEqual([]);
  expect(choice).toMatchObject({
    dataset: "chat_tickets",
    filter: search.filter,
    fields: search.fields,
    source: "online",
  });
});

test("a destination is chosen; what nobody asks for stays as usual", () => {
  expect(of("/rules/new?destination=dst_1").destinations).toEqual(["dst_1"]);
  expect(of("/rules/new?source=moon")).toEqual(newDraft("UTC"));
});
