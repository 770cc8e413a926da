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
        { path: "rules/:ruleId", lazy: async () => ({ Component: (await import("./rules/rule-page")).RulePage }) },
        {
          path: "rules/:ruleId/edit",
          lazy: async () => ({ Component: (await import("./rules/wizard/wizard-page")).EditRulePage }),
        },
        { path: "runs", lazy: async () => ({ Component: (await import("./runs/runs-page")).RunsPage }) },
        { path: "runs/:runId", lazy: async () => ({ Component: (await import("./runs/run-page")).RunPage }) },
        {
          path: "settings",
          lazy: async () => ({ Component: (await import("./settings/settings-page")).SettingsPage }),
        },
        { path: "*", element: <Lost /> },
      ],
    },
  ]);
}
