import { createHashRouter, Navigate } from "react-router";
import { Frame } from "./frame/frame";
import { Lost } from "./frame/lost";

/** Each page's script is fetched when it is first opened. */
export function routes() {
  return createHashRouter([
    {
      path: "/",
      element: <Frame />,
      errorElement: <Lost />,
      children: [
        { index: true, element: <Navigate to="/rules" replace /> },
        { path: "rules", lazy: async () => ({ Component: (await import("./rules/rules-page")).RulesPage }) },
        {
          path: "rules/new",
          lazy: async () => ({ Component: (await import("./rules/wizard/wizard-page")).NewRulePage }),
        },
        {
          path: "rules/:ruleId/edit",
          lazy: async () => ({ Component: (await import("./rules/wizard/wizard-page")).EditRulePage }),
        },
        {
          path: "destinations",
          lazy: async () => ({ Component: (await import("./destinations/destinations-page")).DestinationsPage }),
        },
        {
          path: "destinations/new",
          lazy: async () => ({ Component: (await import("./destinations/new-destination-page")).NewDestinationPage }),
        },
        {
          path: "destinations/:id",
          lazy: async () => ({ Component: (await import("./destinations/destination-page")).DestinationPage }),
        },
        {
          path: "destinations/:id/change",
          lazy: async () => ({
            Component: (await import("./destinations/change-destination-page")).ChangeDestinationPage,
          }),
        },
        {
          path: "settings",
          lazy: async () => ({ Component: (await import("./settings/settings-page")).SettingsPage }),
        },
        { path: "*", element: <Lost /> },
      ],
    },
  ]);
}
