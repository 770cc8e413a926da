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
          path: "explore",
          lazy: async () => ({ Component: (await import("./explore/explore-page")).ExplorePage }),
        },
        {
          path: "templates",
          lazy: async () => ({ Component: (await import("./templates/templates-page")).TemplatesPage }),
        },
        {
          path: "templates/new",
          lazy: async () => ({ Component: (await import("./templates/template-page")).NewTemplatePage }),
        },
        {
          path: "templates/:id",
          lazy: async () => ({ Component: (await import("./templates/template-page")).TemplatePage }),
        },
        {
          path: "usage",
          lazy: async () => ({ Component: (await import("./usage/usage-page")).UsagePage }),
        },
        {
          path: "holes",
          lazy: async () => ({ Component: (await import("./holes/holes-page")).HolesPage }),
        },
        {
          path: "audit-log",
          lazy: async () => ({ Component: (await import("./audit-log/audit-log-page")).AuditLogPage }),
        },
        {
          path: "datasets",
          lazy: async () => ({ Component: (await import("./datasets/datasets-page")).DatasetsPage }),
        },
        {
          path: "datasets/new",
          lazy: async () => ({ Component: (await import("./datasets/dataset-form-page")).NewDatasetPage }),
        },
        {
          path: "datasets/:name",
          lazy: async () => ({ Component: (await import("./datasets/dataset-page")).DatasetPage }),
        },
        {
          path: "datasets/:name/change",
          lazy: async () => ({ Component: (await import("./datasets/dataset-form-page")).ChangeDatasetPage }),
        },
        {
          path: "certificates",
          lazy: async () => ({ Component: (await import("./certificates/certificates-page")).CertificatesPage }),
        },
        {
          path: "certificates/new",
          lazy: async () => ({ Component: (await import("./certificates/new-certificate-page")).NewCertificatePage }),
        },
        {
          path: "api-keys",
          lazy: async () => ({ Component: (await import("./api-keys/api-keys-page")).ApiKeysPage }),
        },
        {
          path: "api-keys/new",
          lazy: async () => ({ Component: (await import("./api-keys/new-api-key-page")).NewApiKeyPage }),
        },
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
