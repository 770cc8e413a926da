import AppLayoutToolbar from "@cloudscape-design/components/app-layout-toolbar";
import SideNavigation, { type SideNavigationProps } from "@cloudscape-design/components/side-navigation";
import TopNavigation from "@cloudscape-design/components/top-navigation";
import { Suspense, useState } from "react";
import { Outlet, useLocation, useNavigate } from "react-router";
import { Waiting } from "../parts/waiting";
import { useMay, useSession } from "../session/session";
import { appearance, setAppearance } from "./appearance";
import { NoticesBar, NoticesProvider } from "./notices";
import { PLACES } from "./places";

/** What is around every page: who is signed in, the ways to the other pages, and notices. */
export function Frame() {
  const { session, signOut } = useSession();
  const [open, setOpen] = useState(() => innerWidth > 900);
  const navigate = useNavigate();
  const here = useLocation().pathname;
  const may = useMay();
  const items: SideNavigationProps.Item[] = PLACES.map((section) => ({
    type: "section-group" as const,
    title: section.title,
    items: section.places
      .filter((p) => !p.needs || may(p.needs))
      .map((p) => ({ type: "link" as const, text: p.text, href: `#${p.path}` })),
  })).filter((section) => section.items.length > 0);
  const active = PLACES.flatMap((s) => s.places).find((p) => here === p.path || here.startsWith(`${p.path}/`));
  return (
    <NoticesProvider>
      <div id="top">
        <TopNavigation
          identity={{ href: "#/rules", title: "Waybill" }}
          utilities={[
            {
              type: "menu-dropdown",
              text: session?.caller.name ?? "",
              description: session?.caller.tenant ?? "",
              iconName: "user-profile",
              items: [
                { id: "settings", text: "Settings", href: "#/settings" },
                { id: "dark", text: "Light or dark" },
                { id: "out", text: "Sign out" },
              ],
              onItemClick: ({ detail }) => {
                if (detail.id === "out") signOut();
                if (detail.id === "dark") {
                  const isDark = document.body.classList.contains("awsui-dark-mode");
                  setAppearance({ ...appearance(), mode: isDark ? "light" : "dark" });
                }
              },
            },
          ]}
        />
      </div>
      <AppLayoutToolbar
        headerSelector="#top"
        toolsHide
        navigationOpen={open}
        onNavigationChange={({ detail }) => setOpen(detail.open)}
        navigation={
          <SideNavigation
            activeHref={active ? `#${active.path}` : `#${here}`}
            items={items}
            onFollow={(event) => {
              event.preventDefault();
              if (innerWidth <= 900) setOpen(false);
              navigate(event.detail.href.slice(1));
            }}
          />
        }
        ariaLabels={{
          navigation: "Pages",
          navigationClose: "Close the list of pages",
          navigationToggle: "Open the list of pages",
          notifications: "Notices",
        }}
        notifications={<NoticesBar />}
        stickyNotifications
        content={
          <Suspense fallback={<Waiting what="the page" />}>
            <Outlet />
          </Suspense>
        }
      />
    </NoticesProvider>
  );
}
