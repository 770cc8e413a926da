const PAGES: Readonly<Record<string, string>> = {
  rule_id: "/rules/",
  run_id: "/runs/",
  destination_id: "/destinations/",
  template_id: "/templates/",
};

/** The page of a thing, by what its id is called. */
export function addressOf(name: string, id: string): string | undefined {
  const page = PAGES[name];
  return page ? page + encodeURIComponent(id) : undefined;
}
