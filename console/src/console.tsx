import I18nProvider from "@cloudscape-design/components/i18n";
import english from "@cloudscape-design/components/i18n/messages/all.en";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import { RouterProvider } from "react-router";
import { isWorthRetrying } from "./api/problem";
import { routes } from "./routes";
import { SessionProvider, useSession } from "./session/session";
import { SignIn } from "./session/sign-in";

/** The whole console: who is not signed in sees one form, everybody else the pages. */
export function Console() {
  return (
    <I18nProvider locale="en" messages={[english]}>
      <SessionProvider>
        <Pages />
      </SessionProvider>
    </I18nProvider>
  );
}

function Pages() {
  const { session } = useSession();
  return session ? <SignedIn key={session.caller.tenant + session.caller.name} /> : <SignIn />;
}

/** One cache for one caller: nothing that one has read is ever shown to the next. */
function SignedIn() {
  const [answers] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          queries: { staleTime: 5_000, retry: (count, problem) => count < 2 && isWorthRetrying(problem) },
          mutations: { retry: false },
        },
      }),
  );
  const [router] = useState(routes);
  return (
    <QueryClientProvider client={answers}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  );
}
