import Flashbar from "@cloudscape-design/components/flashbar";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { asProblem } from "../api/problem";
import { type Notice, stillShown, withNotice } from "./shown-notices";

interface Notices {
  /** Something was done; the sentence says what. Leads to the page `to`, where one is given, and says it there. */
  done(sentence: string, to?: string): void;
  /** Something failed that no form can show beside a field. */
  failed(failure: unknown): void;
}

const Context = createContext<Notices | null>(null);
const Shown = createContext<{ readonly shown: readonly Notice[]; dismiss(id: string): void } | null>(null);

/** What was done or failed is said on one page, until it is dismissed or another page is opened. */
export function NoticesProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<readonly Notice[]>([]);
  const { pathname } = useLocation();
  // Of the page that is there when something ends, not of the one on which it began.
  const here = useRef(pathname);
  const navigate = useNavigate();
  useEffect(() => {
    here.current = pathname;
    setShown((before) => stillShown(before, pathname));
  }, [pathname]);
  const show = useCallback((type: Notice["type"], content: string, place = here.current) => {
    setShown((before) => withNotice(before, { id: crypto.randomUUID(), type, content, place }));
  }, []);
  const said = useMemo(
    () => ({
      done(sentence: string, to?: string) {
        show("success", sentence, to);
        if (to) void navigate(to);
      },
      failed: (failure: unknown) => show("error", asProblem(failure).message),
    }),
    [show, navigate],
  );
  const bar = useMemo(
    () => ({
      // What another page will say waits until that page is there.
      shown: stillShown(shown, pathname),
      dismiss: (id: string) => setShown((before) => before.filter((one) => one.id !== id)),
    }),
    [shown, pathname],
  );
  return (
    <Context value={said}>
      <Shown value={bar}>{children}</Shown>
    </Context>
  );
}

export function useNotices(): Notices {
  const found = useContext(Context);
  if (!found) throw new Error("A page stands outside of the notices.");
  return found;
}

export function NoticesBar() {
  const bar = useContext(Shown);
  if (!bar) return null;
  return (
    <Flashbar
      items={bar.shown.map(({ id, type, content }) => ({
        id,
        type,
        content,
        dismissible: true,
        dismissLabel: "Dismiss",
        onDismiss: () => bar.dismiss(id),
      }))}
    />
  );
}
