/** The pages that the side navigation leads to. `needs` is the permission without which there is nothing to see there. */
export interface Place {
  readonly text: string;
  readonly path: string;
  readonly needs?: string;
}

export const PLACES: readonly { readonly title: string; readonly places: readonly Place[] }[] = [
  {
    title: "Exports",
    places: [
      { text: "Rules", path: "/rules", needs: "read" },
      { text: "Runs", path: "/runs", needs: "read" },
      { text: "Destinations", path: "/destinations", needs: "read" },
      { text: "Explore", path: "/explore", needs: "read" },
      { text: "Templates", path: "/templates", needs: "read" },
    ],
  },
  {
    title: "Oversight",
    places: [
      { text: "Usage", path: "/usage", needs: "audit" },
      { text: "Holes", path: "/holes", needs: "read" },
      { text: "Audit log", path: "/audit-log", needs: "audit" },
    ],
  },
  {
    title: "Administration",
    places: [
      { text: "Datasets", path: "/datasets", needs: "read" },
      { text: "Certificates", path: "/certificates", needs: "read" },
      { text: "API keys", path: "/api-keys", needs: "manage_keys" },
      { text: "Notifications", path: "/subscriptions", needs: "manage_subscriptions" },
      { text: "Settings", path: "/settings" },
    ],
  },
];
