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
          path: "subscriptions",
          lazy: async () => ({ Component: (await import("./subscriptions/subscriptions-page")).SubscriptionsPage }),
        },
        {
          path: "subscriptions/new",
          lazy: async () => ({
            Component: (await import("./subscriptions/new-subscription-page")).NewSubscriptionPage,
          }),
        },
        {
          path: "subscriptions/:id",
          lazy: async () => ({ Component: (await import("./subscriptions/subscription-page")).SubscriptionPage }),
        },
        {
          path: "subscriptions/:id/change",
          lazy: async () => ({
            Component: (await import("./subscriptions/change-subscription-page")).ChangeSubscriptionPage,
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
